//! What a diagnosis promises: one program, since linking is what takes longest; a file for each promise.

mod all;
mod planted_fabrications;
mod reliability;
mod renamed;
mod same_bytes_out;
mod summary;
mod support;
