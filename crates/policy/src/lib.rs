//! Every decision about who may do what, with its reasons.
