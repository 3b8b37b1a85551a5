//! `rollcall directory deviations`: how an identity provider differs from the RFCs.

use serde_json::{Value, json};

use super::output::{print, table};
use crate::{
    error::Result,
    state::Rollcall,
    store::{self, directories::Directory, workspaces::Workspace},
};

/// Prints the deviations of a directory, the most frequent first.
pub(super) async fn report(
    rollcall: &Rollcall,
    as_json: bool,
    workspace: &Workspace,
    directory: &Directory,
) -> Result<()> {
    let mut conn = rollcall.db.read().await?;
    let (mut json, mut rows) = (Vec::new(), Vec::new());
    for line in store::directory_deviations::list(&mut conn, &directory.id).await? {
        let explanation = line.explanation();
        let seen = &line.seen;
        let example = line.reference.as_ref().map(|reference| {
            rollcall.config.base_url.join(&format!(
                "/w/{}/settings/security/directories/{}/activity/{reference}",
                workspace.slug, directory.id
            ))
        });
        json.push(json!({
            "deviation": seen.deviation,
            "seen": seen.seen,
            "first_at": seen.first_at.to_rfc3339(),
            "last_at": seen.last_at.to_rfc3339(),
            "example": example,
            "sent": explanation.map(|words| words.sent),
            "standard": explanation.map(|words| words.standard),
            "refused_when_strict": explanation.map(|words| words.is_refused_when_strict),
        }));
        rows.push(vec![
            seen.deviation.clone(),
            seen.seen.to_string(),
            seen.last_at.to_rfc3339(),
            explanation.map(|words| words.sent).unwrap_or_default().to_owned(),
        ]);
    }
    let text = if rows.is_empty() {
        format!("No request of {} differed from the RFCs so far.", directory.name)
    } else {
        table(&["DEVIATION", "SEEN", "LAST", "WHAT CAME"], &rows)
    };
    print(as_json, &Value::Array(json), &text);
    Ok(())
}
