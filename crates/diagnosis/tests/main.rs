//! What the rules of logs promise: one program, since linking is what takes longest; a file for each promise.

mod log_dialects;
mod log_healthy_lines;
mod log_rules;
