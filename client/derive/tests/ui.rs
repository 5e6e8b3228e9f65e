//! Every misuse of the derive has a message that stands on the culprit and says what to do.

/// What is refused, with the messages beside each file. `TRYBUILD=overwrite` writes them anew.
#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
