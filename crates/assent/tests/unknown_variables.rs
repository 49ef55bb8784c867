//! A variable of the environment that looks like ours and is none is refused at the start, like an unknown key of the file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use support::platform::Platform;
use support::program::{command, said};

#[test]
fn a_mistyped_variable_is_named_with_the_one_that_is_meant_and_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data_dir = data.to_str().unwrap();
    for words in [&["up", "--data-dir", data_dir][..], &["check", "--data-dir", data_dir], &["keys", "rotate-root", "--data-dir", data_dir]]
    {
        let refused = said(&command(words).env("ASSENT_DATABSE", "postgres://ada:hidden@db/assent").output().unwrap());
        assert_eq!(refused.code, 3, "{words:?}");
        let told = "the environment has `ASSENT_DATABSE`, which nothing reads: did you mean `ASSENT_DATABASE`?";
        assert!(refused.err.contains(told) && refused.err.contains("ASSENT_CONFIG, "), "{}", refused.err);
        assert!(!refused.err.contains("hidden"), "{}", refused.err);
    }
    assert!(!data.exists(), "nothing is made");
}

#[test]
fn what_other_programs_read_and_what_a_kubelet_sets_is_no_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let mut around = command(&[]);
    around.env("ASSENT_SERVER", "http://localhost:1").env("ASSENT_OBSERVER_KEY", "x").env("ASSENT_TEST_ANYTHING", "x");
    around.env("ASSENT_SERVICE_HOST", "10.0.0.1").env("ASSENT_PORT", "tcp://10.0.0.1:8473");
    drop(Platform::start_as(around, &folder.path().join("data"), &[]));
}
