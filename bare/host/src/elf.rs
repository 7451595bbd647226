//! What a board's program is made of: how large, of which functions, and which of them call which.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use object::elf::STT_FUNC;
use object::read::elf::{ElfFile32, SectionHeader as _};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolFlags};

use crate::thumb;

/// A function of the program.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name, without the hash at its end.
    pub(crate) name: String,
    pub(crate) place: Range<u32>,
    /// The bytes of its stack frame, if the compiler told.
    pub(crate) frame: Option<u32>,
    /// Where it calls to, and whether its own frame is gone by then.
    pub(crate) calls: Vec<(u32, Tail)>,
    /// How many of its calls go to where a register says.
    pub(crate) indirect: usize,
}

/// Whether a call is the last thing a function does, without its frame.
pub(crate) type Tail = bool;

/// Bytes of the symbols that are called after the core, and of constants that have no name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Core {
    pub(crate) code: u64,
    pub(crate) tables: u64,
    /// Of which no one can tell whose they are.
    pub(crate) unnamed: u64,
}

/// A program.
#[derive(Debug)]
pub(crate) struct Program {
    /// Bytes of code and constants, and of what static memory begins as.
    pub(crate) flash: u64,
    /// What of them is the core's.
    pub(crate) core: Core,
    /// Bytes of static memory.
    pub(crate) memory: u64,
    /// By the address they begin at.
    pub(crate) functions: BTreeMap<u32, Function>,
}

impl Program {
    /// Reads a program of an ARM.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let elf = ElfFile32::<object::Endianness>::parse(&*bytes)?;
        let mut program =
            Self { flash: 0, core: core(&elf), memory: 0, functions: BTreeMap::new() };
        for section in elf.sections() {
            let header = section.elf_section_header();
            let flags = header.sh_flags(elf.endian());
            if flags & object::elf::SHF_ALLOC == 0 {
                continue;
            }
            let is_filled = header.sh_type(elf.endian()) != object::elf::SHT_NOBITS;
            program.flash += if is_filled { section.size() } else { 0 };
            program.memory += if flags & object::elf::SHF_WRITE != 0 { section.size() } else { 0 };
        }
        let frames = frames(&elf)?;
        program.find_functions(&elf, &frames);
        program.find_calls(&elf)?;
        Ok(program)
    }

    fn find_functions(&mut self, elf: &ElfFile32<'_>, frames: &BTreeMap<u32, u32>) {
        for symbol in elf.symbols() {
            let (Ok(name), Ok(at), Ok(size)) =
                (symbol.name(), u32::try_from(symbol.address()), u32::try_from(symbol.size()))
            else {
                continue;
            };
            let name = format!("{:#}", rustc_demangle::demangle(name));
            let SymbolFlags::Elf { st_info, .. } = symbol.flags() else { continue };
            let at = if st_info & 0xF == STT_FUNC { at & !1 } else { at };
            if st_info & 0xF == STT_FUNC && size > 0 {
                let (place, frame) = (at..at + size, frames.get(&at).copied());
                let function = Function { name, place, frame, calls: Vec::new(), indirect: 0 };
                self.functions.insert(at, function);
            }
        }
    }

    fn find_calls(&mut self, elf: &ElfFile32<'_>) -> Result<()> {
        let text = elf.section_by_name(".text").context("no .text")?;
        let (from, code) = (u32::try_from(text.address())?, text.data()?);
        let constants = constants(elf);
        let starts = self.functions.keys().copied().collect::<Vec<_>>();
        for function in self.functions.values_mut() {
            let mut place = function.place.clone();
            while let Some(found) = thumb::next(code, from, &mut place, &constants) {
                match found {
                    thumb::Found::Indirect => function.indirect += 1,
                    thumb::Found::Jump { to, tail } => {
                        let begins = starts.binary_search(&to).is_ok();
                        let stays = tail && function.place.contains(&to);
                        if begins && !stays {
                            function.calls.push((to, tail));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Adds up what is the core's.
fn core(elf: &ElfFile32<'_>) -> Core {
    let mut core = Core::default();
    for symbol in elf.symbols() {
        let Ok(name) = symbol.name() else { continue };
        let section = symbol.section_index().and_then(|index| elf.section_by_index(index).ok());
        let kind = section.map(|section| section.kind());
        let is_table =
            matches!(kind, Some(SectionKind::ReadOnlyData | SectionKind::ReadOnlyString));
        let is_named = format!("{:#}", rustc_demangle::demangle(name)).contains("gatewright_core");
        match kind {
            Some(SectionKind::Text) if is_named => core.code += symbol.size(),
            _ if is_table && is_named => core.tables += symbol.size(),
            _ if is_table && name.starts_with(".L") => core.unnamed += symbol.size(),
            _ => {}
        }
    }
    core
}

/// Reads `.stack_sizes`: addresses of four bytes, each with the size of a frame as ULEB128.
fn frames(elf: &ElfFile32<'_>) -> Result<BTreeMap<u32, u32>> {
    let section = elf.section_by_name(".stack_sizes").context("built without stack sizes")?;
    let mut bytes = section.data()?;
    let mut frames = BTreeMap::new();
    while let Some((address, rest)) = bytes.split_first_chunk() {
        let (mut size, mut shift, mut at) = (0_u32, 0, 0);
        while let Some(byte) = rest.get(at) {
            size |= u32::from(byte & 0x7F) << shift;
            (shift, at) = (shift + 7, at + 1);
            if byte & 0x80 == 0 {
                break;
            }
        }
        frames.insert(u32::from_le_bytes(*address) & !1, size);
        bytes = rest.get(at..).unwrap_or_default();
    }
    Ok(frames)
}

/// Returns where constants stand between instructions, as the mapping symbols `$d` and `$t` tell.
fn constants(elf: &ElfFile32<'_>) -> BTreeMap<u32, bool> {
    let mut map = BTreeMap::new();
    for symbol in elf.symbols() {
        let (Ok(name), Ok(at)) = (symbol.name(), u32::try_from(symbol.address())) else { continue };
        if name.starts_with("$d") {
            map.insert(at & !1, true);
        } else if name.starts_with("$t") {
            map.entry(at & !1).or_insert(false);
        }
    }
    map
}
