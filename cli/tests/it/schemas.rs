//! The published schemas, held strictly against what tests see: a field that a schema does not have is an error here, so
//! that no schema can fall behind the program.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// The schemas as files, by name.
pub(crate) fn files() -> BTreeMap<String, Value> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/v1");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect()
}

/// The same schema without room for fields that it does not have.
fn strict(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(object) => {
            if object.contains_key("properties") && object.contains_key("type") {
                object.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            object.values_mut().for_each(|value| *value = strict(value.take()));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = strict(value.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    schema
}

fn compiled() -> &'static (Schemas, BTreeMap<String, SchemaIndex>) {
    static COMPILED: OnceLock<(Schemas, BTreeMap<String, SchemaIndex>)> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let mut by_name = BTreeMap::new();
        for (name, schema) in files() {
            let place = format!("{name}.json");
            compiler.add_resource(&place, strict(schema)).unwrap();
            let index = compiler.compile(&place, &mut schemas).unwrap_or_else(|error| panic!("{name}: {error:#}"));
            by_name.insert(name, index);
        }
        (schemas, by_name)
    })
}

/// Why an object is none of its type.
pub(crate) fn fault(event: &Value) -> Option<String> {
    let (schemas, by_name) = compiled();
    let Some(name) = event["type"].as_str() else { return Some("it names no type".to_owned()) };
    // What the other objects hold for is the schemas' own business.
    if name == "schema" {
        return None;
    }
    let Some(index) = by_name.get(name) else { return Some(format!("there is no schema {name:?}")) };
    schemas.validate(event, *index).err().map(|error| format!("{error:#}"))
}

/// Fails if an object is not as its schema says.
pub(crate) fn assert_valid(event: &Value) {
    if let Some(fault) = fault(event) {
        panic!("{event} is not as its schema says: {fault}");
    }
}
