//! The web console in the binary.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use assent_base::Digest;
use assent_http::assets::{Assets, File};

/// The files of `console/dist` as they were when this was built, sorted; none if it was not there.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// The page of every view.
const PAGE: &str = "index.html";
/// What stands below this has a digest of its content in its name.
const DIGESTED: &str = "assets/";

/// The console.
struct Console {
    page: &'static str,
    files: BTreeMap<String, File>,
}

/// The console, if this binary was built with one.
pub(crate) fn console() -> Option<Arc<dyn Assets>> {
    Console::of(FILES).map(|console| Arc::new(console) as Arc<dyn Assets>)
}

impl Console {
    fn of(files: &[(&'static str, &'static [u8])]) -> Option<Self> {
        let all: BTreeMap<&str, &'static [u8]> = files.iter().copied().collect();
        let page = std::str::from_utf8(all.get(PAGE)?).ok()?;
        let form = |path: &str, end: &str| all.get(format!("{path}.{end}").as_str()).map(|bytes| Cow::Borrowed(*bytes));
        let is_form =
            |path: &str| ["br", "gz"].iter().any(|end| path.strip_suffix(end).and_then(|rest| all.get(rest.strip_suffix('.')?)).is_some());
        let files = all.iter().filter(|(path, _)| **path != PAGE && !is_form(path)).map(|(path, bytes)| {
            let file = File {
                bytes: Cow::Borrowed(*bytes),
                brotli: form(path, "br"),
                gzip: form(path, "gz"),
                content_type: content_type(path),
                immutable: path.starts_with(DIGESTED),
                digest: Digest::of(bytes),
            };
            (format!("/{path}"), file)
        });
        Some(Self { page, files: files.collect() })
    }
}

impl Assets for Console {
    fn page(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.page)
    }

    fn file(&self, path: &str) -> Option<File> {
        self.files.get(path).cloned()
    }
}

/// By the end of its name. What is not known is for saving and not for showing.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_with_its_forms_and_they_are_no_files_of_their_own() {
        let console = Console::of(&[
            ("assets/app-1a2b.js", b"script"),
            ("assets/app-1a2b.js.br", b"brotli"),
            ("assets/app-1a2b.js.gz", b"gzip"),
            ("icon.svg", b"<svg/>"),
            ("index.html", b"page"),
            ("index.html.br", b"page, compressed"),
        ])
        .expect("a console");
        let script = console.file("/assets/app-1a2b.js").expect("a script");
        assert_eq!((script.brotli.as_deref(), script.gzip.as_deref()), (Some(b"brotli".as_slice()), Some(b"gzip".as_slice())));
        assert!(script.immutable && script.content_type.starts_with("text/javascript"));
        let icon = console.file("/icon.svg").expect("an icon");
        assert_eq!((icon.immutable, icon.brotli.is_some(), icon.content_type), (false, false, "image/svg+xml"));
        for absent in ["/index.html", "/index.html.br", "/assets/app-1a2b.js.br", "/assets/../icon.svg", "assets/app-1a2b.js", "/"] {
            assert!(console.file(absent).is_none(), "{absent}");
        }
        assert_eq!(console.page(), "page");
    }

    #[test]
    fn without_a_page_there_is_no_console() {
        assert!(Console::of(&[]).is_none() && Console::of(&[("icon.svg", b"<svg/>")]).is_none());
    }

    #[test]
    fn what_is_built_in_has_a_place_for_the_nonce() {
        // Only where the console was built: it is made apart, and may be absent.
        if let Some(console) = Console::of(FILES) {
            assert!(console.page.contains(assent_http::assets::NONCE_PLACE));
            assert!(console.files.keys().any(|path| path.starts_with("/assets/")));
        }
    }
}
