//! What signing in by a provider promises: one program, since linking is what takes longest; a file for each promise.

mod fake;
mod oidc_flow;
mod oidc_network;
mod oidc_tokens;
