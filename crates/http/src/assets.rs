//! The place of the console: files that belong to it are served from here once there are some.

use std::borrow::Cow;

/// One file.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// `text/html; charset=utf-8`.
    pub content_type: &'static str,
    /// Whether its name holds a digest of its content, so that browsers may keep it for good.
    pub immutable: bool,
    /// What the page may load. Without one nothing may be loaded at all.
    pub content_security_policy: Option<String>,
}

/// Files of a console.
pub trait Assets: Send + Sync + 'static {
    /// The file at a path such as `/assets/app.js`; the console's page for a path that is one of its views; nothing for any other.
    fn get(&self, path: &str) -> Option<Asset>;
}
