//! placeholder

pub mod logs;
