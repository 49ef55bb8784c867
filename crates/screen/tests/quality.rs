//! Precision and recall on labelled text stay above what is promised.

use crate::support;
use crate::support::corpus;
use crate::support::score::Score;

#[test]
fn secrets_are_found_and_look_alikes_stay() {
    let secrets = corpus::secrets(1, 1);
    let look_alikes = corpus::look_alikes(2, secrets.len());
    let screen = support::score::screen();
    let mut score = Score::default();
    for sample in secrets.iter().chain(&look_alikes) {
        score.add(&screen, sample);
    }
    println!("{score}");
    assert!(score.recall() > 0.99 && score.precision() > 0.95 && score.f1() > 0.97, "{score}\n{}", score.wrong.join("\n"));
}
