//! Which form the client asks for.

use crate::Profile;

/// In what form results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`
    #[default]
    Json,
    /// `application/csv`
    ApplicationCsv,
    /// `text/csv`, the same under another name
    TextCsv,
    /// `application/x-msgpack`
    MessagePack,
}

impl Encoding {
    /// In the order in which a wildcard looks at them.
    const ALL: [Self; 4] = [Self::Json, Self::ApplicationCsv, Self::TextCsv, Self::MessagePack];

    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::ApplicationCsv => "application/csv",
            Self::TextCsv => "text/csv",
            Self::MessagePack => "application/x-msgpack",
        }
    }

    /// Reads the value of `Accept`: the form of the highest quality, JSON when none is known.
    ///
    /// Profile 0.10 knows JSON alone, whatever is asked for.
    #[must_use]
    pub fn from_accept(profile: Profile, accept: &str) -> Self {
        if profile == Profile::V0_10 {
            return Self::Json;
        }
        let mut best: Option<(Self, f32)> = None;
        for entry in accept.split(',') {
            let mut parts = entry.split(';').map(str::trim);
            let wanted = parts.next().unwrap_or_default();
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0));
            let known = Self::ALL.into_iter().find(|encoding| covers(wanted, encoding.content_type()));
            if let Some(encoding) = known
                && best.is_none_or(|(_, before)| quality > before)
            {
                best = Some((encoding, quality));
            }
        }
        best.map(|(encoding, _)| encoding).unwrap_or_default()
    }
}

fn covers(wanted: &str, content_type: &str) -> bool {
    match wanted.split_once('/') {
        Some(("*", "*")) => true,
        Some((kind, "*")) => content_type.split('/').next().is_some_and(|own| own.eq_ignore_ascii_case(kind)),
        _ => wanted.eq_ignore_ascii_case(content_type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_known_form_is_taken() {
        for (accept, encoding) in [
            ("", Encoding::Json),
            ("text/html", Encoding::Json),
            ("*/*", Encoding::Json),
            ("application/*", Encoding::Json),
            ("text/*", Encoding::TextCsv),
            ("application/csv", Encoding::ApplicationCsv),
            ("text/csv; charset=utf-8", Encoding::TextCsv),
            ("application/csv;q=0.1, application/json", Encoding::Json),
            ("application/x-msgpack, */*;q=0.5", Encoding::MessagePack),
        ] {
            assert_eq!(Encoding::from_accept(Profile::V1_8, accept), encoding, "{accept}");
            assert_eq!(Encoding::from_accept(Profile::V0_10, accept), Encoding::Json, "{accept}");
        }
    }
}
