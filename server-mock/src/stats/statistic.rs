//! What a module counted, at one moment.

/// A number in a statistic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A count.
    Integer(i64),
    /// A ratio.
    Float(f64),
}

/// The values of one module at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistic {
    /// Of the module.
    pub name: String,
    /// What tells modules of one name apart, sorted by key.
    pub tags: Vec<(String, String)>,
    /// Sorted by name.
    pub values: Vec<(&'static str, Number)>,
}

impl Statistic {
    /// A statistic with everything in order.
    #[must_use]
    pub fn new(name: &str, tags: &[(&str, String)], mut values: Vec<(&'static str, Number)>) -> Self {
        let mut tags: Vec<_> = tags.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        tags.sort();
        values.sort_by_key(|(name, _)| *name);
        Self { name: name.to_owned(), tags, values }
    }

    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The key in `/debug/vars`: the name and some of the tags. Keys of several statistics may be equal.
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = self.name.clone();
        let mut add = |part: &str| {
            if let Some(value) = self.tag(part) {
                key.push(':');
                key.push_str(value);
            }
            self.tag(part).is_some()
        };
        // The first of these that is there leads; the others depend on it.
        if add("path") {
            add("id");
        } else if self.tag("bind").is_some() {
            add("proto");
            add("bind");
        } else if add("database") && add("retention_policy") {
            add("name");
            add("destination");
        } else if self.name == "hh_queue" {
            // Not in the real servers: what waits for a node, or for a shard of it.
            add("node");
            add("shard");
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_modules_apart() {
        let key = |tags: &[(&str, &str)]| {
            let tags: Vec<_> = tags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
            Statistic::new("m", &tags, Vec::new()).key()
        };
        assert_eq!(key(&[]), "m");
        assert_eq!(key(&[("path", "/d/1"), ("id", "1"), ("database", "x")]), "m:/d/1:1");
        assert_eq!(key(&[("bind", ":8086")]), "m::8086");
        assert_eq!(key(&[("database", "d")]), "m:d");
        assert_eq!(key(&[("node", "6"), ("shardID", "2")]), "m", "as the real servers have it");
        let tags = [("node", "6".to_owned()), ("shard", "2".to_owned())];
        assert_eq!(Statistic::new("hh_queue", &tags, Vec::new()).key(), "hh_queue:6:2");
        assert_eq!(key(&[("database", "d"), ("name", "s"), ("retention_policy", "r")]), "m:d:r:s");
    }
}
