//! Whose turn it is to dial and to identify.

use std::task::{Context, Poll};

use gatewright_core::{Input, Instant, Link};

use super::Gateway;
use crate::clock;
use crate::purse::Asking;
use crate::trace::tell;

impl Gateway {
    /// Asks for a permit; what was paid for one is kept where it is asked for again.
    pub(super) fn ask_identify(&mut self, link: Link) {
        if let Err(full) = self.gate.ask(clock::now(), self.ticket, link) {
            tell!(warn, self.teller, "{full}");
        }
        if self.asking.as_ref().is_none_or(|asking| asking.link != link) {
            self.asking = Some(Asking::new(link));
        }
    }

    /// Looks whether it is this shard's turn to dial; if not, brings `at` forward to when it may be.
    pub(super) fn poll_turn(&mut self, cx: &Context<'_>, at: &mut Instant) -> Poll<()> {
        let Some(link) = self.transport.waits() else { return Poll::Pending };
        match self.gate.poll_dial(cx, clock::now(), self.ticket, link) {
            Ok(()) => {
                self.transport.dial();
                self.shard.handle_input(clock::now(), Input::DialWaits(link));
                Poll::Ready(())
            }
            Err(until) => {
                *at = (*at).min(until);
                Poll::Pending
            }
        }
    }

    /// Looks for a permit to identify; if there is none, brings `at` forward to when there may be one.
    pub(super) fn poll_permit(&mut self, cx: &mut Context<'_>, at: &mut Instant) -> Poll<()> {
        let writing = self.transport.is_writing();
        let Some(asking) = self.asking.as_mut().filter(|_| !writing) else {
            return Poll::Pending;
        };
        match self.gate.poll(cx, clock::now(), self.ticket, asking) {
            Ok(()) => {
                let link = asking.link;
                self.asking = None;
                self.shard.handle_input(clock::now(), Input::MayIdentify(link));
                Poll::Ready(())
            }
            Err(closed_until) => {
                if asking.is_late(clock::now()) {
                    tell!(
                        warn,
                        self.teller,
                        "no Identify goes out: the budget is not written for a while"
                    );
                }
                *at = (*at).min(closed_until);
                Poll::Pending
            }
        }
    }

    /// Gives up the place in the line for a permit, or the permit.
    pub(super) fn forgo(&mut self, link: Link) {
        self.gate.forgo(clock::now(), self.ticket, link);
        self.asking = None;
    }
}
