//! What watching promises: one program, since linking is what takes longest; a file for each promise.

mod demo;
mod incidents_live;
mod known_takes_facts;
mod rollouts_open_nothing;
mod slices_agree_with_the_whole;
mod support;
