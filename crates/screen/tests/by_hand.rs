//! Text that was labelled by hand, and not by those who wrote the rules: how much of it goes, and what goes with it.

use crate::support;
use crate::support::by_hand::Tally;

#[test]
fn what_is_labelled_by_hand_goes_and_the_rest_stays() {
    let tally = Tally::of(&support::score::screen());
    println!("{tally}\n{}", tally.wrong.join("\n"));
    assert!(tally.lines > 200, "{tally}");
    assert!(tally.recall() > 0.9 && tally.precision() > 0.9, "{tally}\n{}", tally.wrong.join("\n"));
}
