//! The table of classes in the README is the one in the code.

use influx_client::Class;

fn table() -> String {
    let mut table =
        String::from("| exit | class | what happened | is anything stored | resend? |\n|--:|---|---|---|---|\n");
    for class in Class::ALL {
        table += &format!(
            "| {} | `{}` | {} | {} | {} |\n",
            class.exit_code(),
            class.id(),
            class.meaning(),
            class.stored(),
            class.resend()
        );
    }
    table
}

#[test]
fn the_readme_shows_every_class_as_the_code_defines_it() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let table = table();
    assert!(readme.contains(&table), "put this table into README.md:\n{table}");
}
