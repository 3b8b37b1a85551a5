#![expect(clippy::needless_pass_by_value, reason = "a table of json! values reads best without borrows")]

mod attributes;
mod elements;
mod refusals;

use serde_json::json;

use super::*;
use crate::Document;
use crate::dialect::Deviation as D;
use crate::error::{Error, ScimType};
use crate::schema::{ENTERPRISE_USER, GROUP, ResourceType, USER, group, user};

fn doc(value: Value) -> Document {
    value.as_object().cloned().unwrap_or_default()
}

fn body(operations: Value) -> Value {
    json!({ "schemas": [SCHEMA], "Operations": operations })
}

fn patched(
    kind: &ResourceType,
    before: Value,
    operations: Value,
    mode: Mode,
) -> Result<Option<Value>, Error> {
    let patch = parse(kind, &body(operations), mode)?.value;
    Ok(apply(kind, &doc(before), &patch)?.value.map(Value::Object))
}

/// A user before, operations, and the user after; `null` if nothing changes.
fn check(table: &[(Value, Value, Value)]) {
    for (before, operations, after) in table {
        let mut before = before.clone();
        before["userName"] = json!("ana");
        let result = patched(user(), before, operations.clone(), Mode::Tolerant);
        let result = result.map(|changed| {
            let mut changed = changed.unwrap_or(Value::Null);
            changed.as_object_mut().map(|user| user.shift_remove("userName"));
            changed
        });
        assert_eq!(result.as_ref(), Ok(after), "{operations}");
    }
}

fn refused(operations: Value) -> Option<ScimType> {
    let before = json!({ "userName": "ana", "emails": [{ "value": "a@x", "type": "home" }] });
    patched(user(), before, operations, Mode::Tolerant).err().and_then(|error| error.scim_type)
}
