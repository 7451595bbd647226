use super::*;

#[test]
fn stories_are_told_alike() {
    for story in stories() {
        model_vs_shard(&story);
    }
}

/// Tells whether a model of other rules is found to differ in any story, and what is said of it.
fn first_difference(rules: Rules) -> String {
    let told = stories().into_iter().map(|story| differences(&story, rules, false));
    told.flatten().next().expect("a model of other rules is found out")
}

#[test]
fn a_model_of_another_send_limit_is_found_out() {
    let told = first_difference(Rules { send_limit: 119, ..Rules::USUAL });
    assert!(told.starts_with("outputs:") && told.contains("SendCommand"), "{told}");
}

#[test]
fn a_model_of_another_close_code_is_found_out() {
    let told = first_difference(Rules { zombie_code: 1_000, ..Rules::USUAL });
    assert!(told.contains("Close(4000)") && told.contains("Close(1000)"), "{told}");
}

#[test]
fn a_model_of_another_back_off_is_found_out() {
    let told = first_difference(Rules { back_off_cap: 1, ..Rules::USUAL });
    assert!(told.contains("a wait of"), "{told}");
}
