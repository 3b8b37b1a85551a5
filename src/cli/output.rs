//! What commands print.

use serde_json::{Value, json};

use crate::error::Error;

/// Prints a result: as JSON, or as lines of text.
pub(super) fn print(as_json: bool, json: &Value, text: &str) {
    if as_json {
        println!("{}", serde_json::to_string_pretty(json).unwrap_or_else(|_| json.to_string()));
    } else {
        println!("{text}");
    }
}

/// Columns of text, padded to line up.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(column, title)| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .chain([title.len()])
                .max()
        })
        .map(Option::unwrap_or_default)
        .collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}", width = *width))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(header.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// Prints a refusal to standard error: a sentence, or JSON with the field it is about.
pub fn report(as_json: bool, message: &str, field: Option<&str>) {
    if as_json {
        eprintln!("{}", json!({ "error": { "message": message, "field": field } }));
    } else {
        eprintln!("rollcall: {message}");
    }
}

/// The sentence and the field of an error, for [`report`]; the inside cause is told too, because whoever is at the
/// command line may read the database anyway.
pub(super) fn told(error: &Error) -> (String, Option<&'static str>) {
    let message = match error {
        Error::Store(cause) => format!("{error} ({cause})"),
        Error::Internal(cause) => format!("{error} ({cause})"),
        _ => error.to_string(),
    };
    (message, error.field())
}
