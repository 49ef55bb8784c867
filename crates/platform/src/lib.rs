//! The control plane: joins keeping, identity, policy and diagnosis into what the API offers.
