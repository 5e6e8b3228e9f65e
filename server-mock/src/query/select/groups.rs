//! Which series are joined into one series of the result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::points::{Group, row_holds};
use super::series::{Schema, Series, Tags};
use crate::query::ast::{BinaryOp, Expr};

/// Series by measurement and by the values of the tags they are grouped by.
pub(super) fn group<'a>(series: &'a [Series], dimensions: &[String]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(Arc<str>, Vec<&str>), Vec<&Series>> = BTreeMap::new();
    for series in series {
        let key = dimensions.iter().map(|dimension| series.tag(dimension)).collect();
        groups.entry((Arc::clone(&series.name), key)).or_default().push(series);
    }
    let groups = groups.into_iter().map(|((name, values), series)| {
        let tags = dimensions.iter().cloned().zip(values.into_iter().map(str::to_owned)).collect();
        Group { name, tags, series }
    });
    groups.collect()
}

/// Leaves the groups that `SLIMIT` and `SOFFSET` choose.
///
/// They count within each measurement, and they count what the index knows: also series without a point in the range,
/// unless their tags alone rule them out. `SOFFSET` without `SLIMIT` leaves nothing, as in the real servers.
pub(super) fn slimit<'a>(
    groups: Vec<Group<'a>>,
    indexed: &[(Arc<str>, Tags)],
    dimensions: &[String],
    condition: Option<&Expr>,
    schema: &Schema,
    (limit, offset): (u64, u64),
) -> Vec<Group<'a>> {
    if limit == 0 && offset == 0 {
        return groups;
    }
    let mut known: BTreeMap<&str, BTreeSet<Tags>> = BTreeMap::new();
    let allowed = |tags: &[(String, String)]| {
        condition.is_none_or(|condition| tags_allow(condition, tags, schema) != Some(false))
    };
    for group in groups.iter().filter(|group| group.series.iter().any(|series| allowed(&series.tags))) {
        known.entry(&group.name).or_default().insert(group.tags.clone());
    }
    for (name, tags) in indexed {
        if allowed(tags) {
            let value = |key: &String| tags.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
            let key = dimensions.iter().map(|key| (key.clone(), value(key).unwrap_or_default())).collect();
            known.entry(name).or_default().insert(key);
        }
    }
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let chosen: BTreeSet<(String, Tags)> = known
        .into_iter()
        .flat_map(|(name, groups)| {
            let mut groups: Vec<_> = groups.into_iter().collect();
            groups.sort_by(|a, b| index_order(a).cmp(&index_order(b)));
            let window = groups.into_iter().skip(number(offset)).take(number(limit));
            window.map(move |tags| (name.to_owned(), tags))
        })
        .collect();
    groups.into_iter().filter(|group| chosen.contains(&(group.name.to_string(), group.tags.clone()))).collect()
}

/// The order of groups in the index: first by which tags are there at all, then by their values.
fn index_order(tags: &[(String, String)]) -> (Vec<&str>, Vec<&str>) {
    tags.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.as_str(), value.as_str())).unzip()
}

/// What a condition comes to for a series, as far as its tags tell.
fn tags_allow(condition: &Expr, tags: &[(String, String)], schema: &Schema) -> Option<bool> {
    match condition {
        Expr::Paren(inner) => tags_allow(inner, tags, schema),
        Expr::Boolean(value) => Some(*value),
        Expr::Binary(first, rest) if matches!(rest[0].0, BinaryOp::And | BinaryOp::Or) => {
            // One term of this value decides.
            let decisive = rest[0].0 == BinaryOp::Or;
            let terms = std::iter::once(&**first).chain(rest.iter().map(|(_, term)| term));
            let mut all_known = true;
            for term in terms {
                match tags_allow(term, tags, schema) {
                    Some(value) if value == decisive => return Some(decisive),
                    Some(_) => {}
                    None => all_known = false,
                }
            }
            all_known.then_some(!decisive)
        }
        comparison => {
            let on_field =
                comparison.any(|expr| matches!(expr, Expr::Var(var) if schema.fields.contains_key(&var.name)));
            if on_field {
                return None;
            }
            let series = Series {
                name: Arc::from(""),
                tags: tags.to_vec(),
                times: vec![0],
                columns: Vec::new(),
                schema: Arc::new(Schema::default()),
                computed: false,
            };
            Some(row_holds(&series, 0, Some(comparison)))
        }
    }
}
