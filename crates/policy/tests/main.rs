//! What policies promise: one program, since linking is what takes longest; a file for each promise.

mod bad_text;
mod docs;
mod errors_refuse;
mod explain_and_backtest;
mod guard_holds;
mod order_and_slices;
mod support;
mod tenant_isolation;
mod who_may_do_what;
