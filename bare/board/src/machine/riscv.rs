//! A RISC-V of 32 bits in QEMU's virt machine: what runs before the program.

use core::arch::global_asm;

/// The status a program ends with at a fault of the processor.
#[unsafe(no_mangle)]
extern "C" fn trapped() -> ! {
    crate::semihosting::exit(102)
}

// Sets the stack and the handler of traps, paints the stack, fills the static memory and calls main.
global_asm!(
    ".section .init, \"ax\"",
    ".globl _start",
    "_start:",
    "la sp, _stack_start",
    "la t0, 5f",
    "csrw mtvec, t0",
    "la t0, _stack_end",
    "li t1, {paint}",
    "1: sw t1, 0(t0)",
    "addi t0, t0, 4",
    "bltu t0, sp, 1b",
    "la t0, _bss",
    "la t1, _bss_end",
    "2: bgeu t0, t1, 3f",
    "sw zero, 0(t0)",
    "addi t0, t0, 4",
    "j 2b",
    "3: la t0, _data",
    "la t1, _data_end",
    "la t2, _data_source",
    "4: bgeu t0, t1, 6f",
    "lw t3, 0(t2)",
    "sw t3, 0(t0)",
    "addi t0, t0, 4",
    "addi t2, t2, 4",
    "j 4b",
    ".balign 4",
    "5: la sp, _stack_start",
    "j {trapped}",
    "6: call main",
    paint = const super::PAINT as i32,
    trapped = sym trapped,
);
