//! The one setting of experiments that are lists of runs.

use crate::experiment::{LabError, Order};

/// Those of `all` that the setting `only` names, separated by commas; all of them where it is not given.
///
/// # Errors
/// [`LabError::Order`] where it names none of them, or another setting is given.
pub fn only<T: Copy>(order: &Order, all: &[T], id: impl Fn(T) -> &'static str) -> Result<Vec<T>, LabError> {
    let mut chosen = all.to_vec();
    for (name, value) in &order.set {
        if name != "only" {
            return Err(LabError::Order(format!(
                "there is no setting {name}: the clusters of each run are as it needs them"
            )));
        }
        let named = value.split(',').map(|wanted| {
            all.iter().copied().find(|one| id(*one) == wanted.trim()).ok_or_else(|| {
                let known: Vec<&str> = all.iter().map(|one| id(*one)).collect();
                LabError::Order(format!("only={wanted}: there are {}", known.join(", ")))
            })
        });
        chosen = named.collect::<Result<_, _>>()?;
    }
    Ok(chosen)
}

/// Refuses what was ordered, in words, and has no effect on such an experiment.
///
/// # Errors
/// [`LabError::Order`].
pub fn unused(experiment: &str, ordered: &[(&str, bool)]) -> Result<(), LabError> {
    match ordered.iter().find(|(_, given)| *given) {
        Some((what, _)) => Err(LabError::Order(format!(
            "{experiment} does not take {what}: the clusters of each run are as it needs them"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::experiment::Target;

    fn chosen(set: &[(&str, &str)]) -> Result<Vec<bool>, LabError> {
        let order = Order::of_test(Target::Simulation, set);
        only(&order, &[false, true], |one| if one { "yes" } else { "no" })
    }

    #[test]
    fn what_is_named_is_chosen_and_nothing_else_is_taken() {
        assert_eq!(chosen(&[]).unwrap(), [false, true]);
        assert_eq!(chosen(&[("only", "yes")]).unwrap(), [true]);
        assert_eq!(chosen(&[("only", "yes, no")]).unwrap(), [true, false]);
        assert!(chosen(&[("only", "maybe")]).unwrap_err().to_string().contains("no, yes"));
        assert!(chosen(&[("write-timeout", "1s")]).is_err());
    }
}
