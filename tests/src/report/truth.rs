//! The table of claims as a picture.

use serde_json::Value;

use crate::plot::{Caption, Claimed, Picture, claims};

/// Name of the picture's files, without the ending.
pub(super) const NAME: &str = "claims";

/// What clients said of their writes and where the data was, from a `truth.json`; `None` where there is no such table.
pub(super) fn picture(truth: &Value, caption: &Caption) -> Option<Picture> {
    let mut rows: Vec<(String, Claimed)> = Vec::new();
    for row in truth.get("table")?.as_array()? {
        let text = |key: &str| row.get(key).and_then(Value::as_str);
        let met = |key: &str| row.get("met").and_then(|met| met.get(key)).and_then(Value::as_u64);
        let (outcome, profile) = (text("outcome")?, text("profile").unwrap_or_default());
        let claim = format!("{outcome}, profile {profile}");
        let place = match rows.iter().position(|(name, _)| *name == claim) {
            Some(place) => place,
            None => {
                rows.push((claim.clone(), Claimed { claim, everywhere: 0, somewhere: 0, nowhere: 0 }));
                rows.len() - 1
            }
        };
        let claimed = &mut rows[place].1;
        claimed.everywhere += met("all")?;
        claimed.somewhere += met("some")?;
        claimed.nowhere += met("none")?;
    }
    // By profile, then from what is surest to be there to what is surest not to be.
    let rank = |claim: &str| {
        let outcomes = ["stored", "deferred", "below-level", "partly-stored", "unknown", "not-stored"];
        outcomes.iter().position(|outcome| claim.starts_with(outcome)).unwrap_or(outcomes.len())
    };
    rows.sort_by_key(|(claim, _)| (claim.rsplit(' ').next().map(str::to_owned), rank(claim)));
    let rows: Vec<_> = rows.into_iter().map(|(_, claimed)| claimed).collect();
    let title = format!("{} — what the client said, and where the data was", caption.title);
    (!rows.is_empty()).then(|| claims(&rows, &Caption { title, detail: caption.detail.clone() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_one_outcome_are_one_bar() {
        let row = |class: &str, outcome: &str, all: u64| json!({"profile": "1.8", "class": class, "outcome": outcome, "batches": all, "met": {"all": all, "some": 0, "none": 1}});
        let truth = json!({"table": [row("a", "not-stored", 0), row("b", "stored", 3), row("c", "stored", 4)]});
        let picture = picture(&truth, &Caption::default()).and_then(|picture| picture.svg().ok()).unwrap_or_default();
        let (stored, not) = (picture.find("stored, profile 1.8"), picture.find("not-stored, profile 1.8"));
        assert!(stored < not && stored.is_some(), "{picture}");
        assert!(picture.contains(">\n7\n<"), "{picture}");
        assert!(super::picture(&json!({"seeds": 3}), &Caption::default()).is_none());
    }
}
