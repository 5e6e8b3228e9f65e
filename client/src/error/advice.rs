//! What to do after a write.

use std::fmt;

/// What the caller, or a script, should do after a write.
///
/// An advice is a value, not only words: [`Advice::resend`] says whether the same points may be sent again,
/// so that a policy can be built on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Nothing is to be done.
    Nothing,
    /// Try another endpoint at once; back off when all of them fail.
    OtherEndpoint,
    /// Send the points again after a pause. They may already be stored, which does no harm when each has a timestamp.
    Resend,
    /// Resend seldom and a limited number of times: hinted handoff is at work on it.
    ResendRarely,
    /// Back off, then prefer another endpoint.
    BackOff,
    /// Back off for long: the server is under pressure, and a quick resend adds to it.
    LongBackOff,
    /// Back off until the meta nodes have a leader again.
    BackOffForMeta,
    /// Call the operator: the node has no meta servers.
    CallOperator,
    /// Wait. The points are queued in the cluster, and a resend only makes the queue longer.
    Wait,
    /// Give the points timestamps before sending them again, or read back first: a resend may store them twice.
    StampFirst,
    /// Correct the credentials or the privileges.
    FixCredentials,
    /// Create the database or the retention policy.
    Create,
    /// Correct the call or the address.
    FixCall,
    /// Correct the local file, directory or disk.
    FixLocal,
    /// Correct the points which were refused.
    FixPoints,
    /// Drop the points which are too old, or write them to a retention policy that keeps them.
    DropPoints,
    /// Raise the limit, or send smaller points.
    RaiseLimit,
}

/// Whether the same points may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resend {
    /// They may.
    Yes,
    /// They may not, or it would be of no use: something must be changed first.
    No,
    /// Not now: the cluster already has them and delivers them itself.
    Wait,
    /// Only once every point carries a timestamp, or else points may be stored twice.
    AfterStamp,
}

impl Resend {
    /// The word used in machine-readable output: `yes`, `no`, `wait`, `after-stamp`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Wait => "wait",
            Self::AfterStamp => "after-stamp",
        }
    }
}

impl fmt::Display for Resend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Advice {
    /// Every advice.
    pub const ALL: [Self; 17] = [
        Self::Nothing,
        Self::OtherEndpoint,
        Self::Resend,
        Self::ResendRarely,
        Self::BackOff,
        Self::LongBackOff,
        Self::BackOffForMeta,
        Self::CallOperator,
        Self::Wait,
        Self::StampFirst,
        Self::FixCredentials,
        Self::Create,
        Self::FixCall,
        Self::FixLocal,
        Self::FixPoints,
        Self::DropPoints,
        Self::RaiseLimit,
    ];

    /// The stable name used in machine-readable output, for example `other-endpoint`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::OtherEndpoint => "other-endpoint",
            Self::Resend => "resend",
            Self::ResendRarely => "resend-rarely",
            Self::BackOff => "back-off",
            Self::LongBackOff => "long-back-off",
            Self::BackOffForMeta => "back-off-for-meta",
            Self::CallOperator => "call-operator",
            Self::Wait => "wait",
            Self::StampFirst => "stamp-first",
            Self::FixCredentials => "fix-credentials",
            Self::Create => "create",
            Self::FixCall => "fix-call",
            Self::FixLocal => "fix-local",
            Self::FixPoints => "fix-points",
            Self::DropPoints => "drop-points",
            Self::RaiseLimit => "raise-limit",
        }
    }

    /// The advice in words, as one clause without a full stop.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Nothing => "nothing to do",
            Self::OtherEndpoint => "try another endpoint, then back off",
            Self::Resend => "send again after a pause if every point carries a timestamp",
            Self::ResendRarely => "resend rarely if at all: hinted handoff normally brings the rest",
            Self::BackOff => {
                "back off, then send again, better to another endpoint, if every point carries a timestamp"
            }
            Self::LongBackOff => "back off for long before sending again, if every point carries a timestamp",
            Self::BackOffForMeta => "back off: a new shard group needs a quorum of the meta nodes",
            Self::CallOperator => "call the operator: this node has not joined a meta service",
            Self::Wait => "wait, do not resend: the cluster delivers its queue by itself",
            Self::StampFirst => {
                "do not resend as it is: points without a timestamp could be stored twice; read back, or stamp them first"
            }
            Self::FixCredentials => "correct the user, the password, the token or the privileges",
            Self::Create => "create the database or the retention policy; just after creation, retry briefly",
            Self::FixCall => "correct the call or the address; a resend alone changes nothing",
            Self::FixLocal => "correct the local file, directory or disk",
            Self::FixPoints => "correct the points which were refused",
            Self::DropPoints => "drop the points which are too old, or keep them in a longer retention policy",
            Self::RaiseLimit => "raise the limit or send smaller points; the good ones can be sent alone",
        }
    }

    /// Whether the same points may be sent again without changing anything.
    #[must_use]
    pub const fn resend(self) -> Resend {
        match self {
            Self::OtherEndpoint
            | Self::Resend
            | Self::ResendRarely
            | Self::BackOff
            | Self::LongBackOff
            | Self::BackOffForMeta => Resend::Yes,
            Self::Wait => Resend::Wait,
            Self::StampFirst => Resend::AfterStamp,
            Self::Nothing
            | Self::CallOperator
            | Self::FixCredentials
            | Self::Create
            | Self::FixCall
            | Self::FixLocal
            | Self::FixPoints
            | Self::DropPoints
            | Self::RaiseLimit => Resend::No,
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_and_texts_are_distinct() {
        let ids: HashSet<_> = Advice::ALL.iter().map(|a| a.id()).collect();
        let texts: HashSet<_> = Advice::ALL.iter().map(|a| a.text()).collect();
        assert_eq!((ids.len(), texts.len()), (Advice::ALL.len(), Advice::ALL.len()));
    }

    /// Nothing that waits in the cluster's own queue may be advised for a resend.
    #[test]
    fn a_queued_batch_is_not_resent() {
        assert_eq!(Advice::Wait.resend(), Resend::Wait);
        assert_eq!(Advice::StampFirst.resend(), Resend::AfterStamp);
    }
}
