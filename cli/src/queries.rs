//! Questions to a node, and their answers as text or rows.

use std::collections::BTreeMap;

use influx_client::{Class, Client, Precision, QueryError, QueryResponse, ResultSeries, StatementResult};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::render::{Table, one_line};

/// The values of one row, by column; the tags of its series among them.
pub(crate) type Row = BTreeMap<String, Value>;

/// Asks, and gives the answer as it is: a statement that failed is one of its results.
///
/// # Errors
/// There was no answer, or it refuses the query as a whole.
pub(crate) async fn ask(
    client: &Client,
    statement: &str,
    database: Option<&str>,
    epoch: Option<Precision>,
) -> Result<QueryResponse, QueryError> {
    let mut query = client.query(statement).post();
    if let Some(database) = database {
        query = query.database(database);
    }
    if let Some(epoch) = epoch {
        query = query.epoch(epoch);
    }
    query.await
}

/// The failure of a command by a query that failed, or by one statement of it.
pub(crate) fn failure(error: &QueryError) -> Failure {
    let class = error.class();
    Failure::Classed { class, message: error.to_string(), hint: advice(class).to_owned() }
}

/// What to do about a class when nothing was written: a question can be asked again without harm.
pub(crate) fn advice(class: Class) -> &'static str {
    match class {
        Class::Timeout | Class::NoReplica => "ask again, or give a longer --timeout",
        class => class.advice().text(),
    }
}

/// Runs a statement for its effect.
///
/// # Errors
/// There was no answer, or the statement failed.
pub(crate) async fn execute(client: &Client, statement: &str) -> Result<(), Failure> {
    execute_in(client, None, statement).await
}

/// Runs a statement for its effect, with a database for those names in it that have none.
///
/// # Errors
/// There was no answer, or the statement failed.
pub(crate) async fn execute_in(client: &Client, database: Option<&str>, statement: &str) -> Result<(), Failure> {
    let response = ask(client, statement, database, None).await.and_then(QueryResponse::checked);
    response.map(drop).map_err(|error| failure(&error))
}

/// Runs a statement for its rows, all series one after the other, with times in nanoseconds.
///
/// # Errors
/// There was no answer, or the statement failed.
pub(crate) async fn rows(client: &Client, database: Option<&str>, statement: &str) -> Result<Vec<Row>, Failure> {
    let epoch = Some(Precision::Nanoseconds);
    let response = ask(client, statement, database, epoch).await.and_then(QueryResponse::checked);
    let response = response.map_err(|error| failure(&error))?;
    Ok(response.series().flat_map(rows_of).collect())
}

fn rows_of(series: &ResultSeries) -> impl Iterator<Item = Row> {
    series.values.iter().map(|values| {
        let columns = series.columns.iter().cloned().zip(values.iter().cloned());
        let tags = series.tags.iter().map(|(key, value)| (key.clone(), Value::String(value.clone())));
        columns.chain(tags).collect()
    })
}

/// The first number that is not a time: what a `SELECT count(…)` gives; 0 where there is no series.
///
/// # Errors
/// There was no answer, the statement failed, or its answer has no such number.
pub(crate) async fn count(client: &Client, database: &str, statement: &str) -> Result<u64, String> {
    let response = ask(client, statement, Some(database), None).await.and_then(QueryResponse::checked);
    let response = response.map_err(|error| error.to_string())?;
    let Some(series) = response.series().next() else { return Ok(0) };
    let values = series.values.first().into_iter().flatten();
    let counts = series.columns.iter().zip(values).filter(|(column, _)| *column != "time");
    counts.filter_map(|(_, value)| value.as_u64()).next().ok_or_else(|| format!("no count in {series:?}"))
}

/// An identifier of InfluxQL.
pub(crate) fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for c in name.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// A value as text; what is not there is empty.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => one_line(text),
        value => value.to_string(),
    }
}

/// The results in the form that servers give them.
pub(crate) fn json(response: &QueryResponse) -> Value {
    json!({ "results": response.results.iter().map(result_object).collect::<Vec<_>>() })
}

fn result_object(result: &StatementResult) -> Value {
    let mut object = Map::new();
    if let Some(id) = result.statement_id {
        object.insert("statement_id".to_owned(), json!(id));
    }
    if !result.series.is_empty() {
        let series = result.series.iter().map(|series| {
            let mut object = json!({ "name": series.name, "columns": series.columns, "values": series.values });
            if !series.tags.is_empty() {
                object["tags"] = json!(series.tags);
            }
            object
        });
        object.insert("series".to_owned(), series.collect());
    }
    if !result.messages.is_empty() {
        let messages = result.messages.iter().map(|message| json!({ "level": message.level, "text": message.text }));
        object.insert("messages".to_owned(), messages.collect());
    }
    if let Some(error) = &result.error {
        object.insert("error".to_owned(), json!(error));
    }
    Value::Object(object)
}

/// Each series as a table below its name and tags, as the `influx` shell shows it.
pub(crate) fn table(response: &QueryResponse) -> String {
    let mut tables = Vec::new();
    for series in response.series() {
        let mut head = format!("name: {}\n", one_line(&series.name));
        if !series.tags.is_empty() {
            let tags: Vec<String> = series.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            head.push_str(&format!("tags: {}\n", one_line(&tags.join(", "))));
        }
        let columns: Vec<&str> = series.columns.iter().map(String::as_str).collect();
        let mut table = Table::new(&columns);
        for row in &series.values {
            table.row(row.iter().map(text));
        }
        tables.push(head + &table.text());
    }
    tables.join("\n")
}

/// Each series as comma-separated values (RFC 4180), with its name and tags in the first columns; a header line
/// wherever the columns change.
pub(crate) fn csv(response: &QueryResponse) -> String {
    let mut text = String::new();
    let mut last_header = Vec::new();
    for series in response.series() {
        let tags = series.tags.keys().map(String::as_str);
        let header: Vec<&str> =
            ["name"].into_iter().chain(tags).chain(series.columns.iter().map(String::as_str)).collect();
        if header != last_header {
            if !last_header.is_empty() {
                text.push('\n');
            }
            push_record(&mut text, header.iter().copied());
            last_header = header;
        }
        for row in &series.values {
            let values = row.iter().map(|value| match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                value => value.to_string(),
            });
            let cells: Vec<String> =
                [series.name.clone()].into_iter().chain(series.tags.values().cloned()).chain(values).collect();
            push_record(&mut text, cells.iter().map(String::as_str));
        }
    }
    text
}

fn push_record<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
    }

    #[test]
    fn records_quote_what_would_split_them() {
        let mut text = String::new();
        push_record(&mut text, ["a", "b,c", "say \"so\"", "two\nlines"].into_iter());
        assert_eq!(text, "a,\"b,c\",\"say \"\"so\"\"\",\"two\nlines\"\n");
    }
}
