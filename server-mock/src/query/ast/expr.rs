//! Expressions: what stands in a select list, a condition or a dimension.

use crate::query::Pattern;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A field, a tag or `time`.
    Var(VarRef),
    /// A whole number that fits 64 bits with sign.
    Integer(i64),
    /// A whole number that fits 64 bits only without sign.
    Unsigned(u64),
    /// A number with a point.
    Number(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// Text in single quotes.
    String(String),
    /// Nanoseconds.
    Duration(i64),
    /// Nanoseconds, Unix time; never written by a user, but what times become when constants are folded. Wide,
    /// because a text may name the year 9999.
    Time(i128),
    /// `/…/`.
    Regex(Pattern),
    /// `*`, `*::field`, `*::tag`.
    Wildcard(Option<WildcardKind>),
    /// `name(arguments)`.
    Call(Call),
    /// `DISTINCT name`, the form without parentheses.
    Distinct(String),
    /// Operators of one precedence, applied from left to right: `a + b - c`.
    ///
    /// Flat rather than a tree of pairs: a generated query may join a hundred thousand terms, and a tree of that
    /// depth could be neither dropped nor walked on a thread's stack.
    Binary(Box<Expr>, Vec<(BinaryOp, Expr)>),
    /// `(…)`.
    Paren(Box<Expr>),
}

/// A name in an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VarRef {
    /// Unquoted; the parts of a dotted name are joined with dots.
    pub name: String,
    /// What follows `::`.
    pub kind: Option<FieldKind>,
}

/// What a name is said to be by `name::kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// `::float`
    Float,
    /// `::integer`
    Integer,
    /// `::unsigned`
    Unsigned,
    /// `::string`
    String,
    /// `::boolean`
    Boolean,
    /// `::field`
    AnyField,
    /// `::tag`
    Tag,
}

/// Which columns a `*` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WildcardKind {
    /// `*::field`
    Field,
    /// `*::tag`
    Tag,
}

/// A function and its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// In small letters.
    pub name: String,
    /// In order.
    pub args: Vec<Expr>,
}

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `OR`
    Or,
    /// `AND`
    And,
    /// `=`
    Eq,
    /// `!=`, `<>`
    NotEq,
    /// `=~`
    EqRegex,
    /// `!~`
    NotEqRegex,
    /// `<`
    Less,
    /// `<=`
    LessEq,
    /// `>`
    Greater,
    /// `>=`
    GreaterEq,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `&`
    BitAnd,
}

impl BinaryOp {
    /// The strongest [`precedence`](Self::precedence).
    pub const STRONGEST: u8 = 5;

    /// 1 for `OR` up to 5 for `*`; the higher binds stronger.
    #[must_use]
    pub fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Eq
            | Self::NotEq
            | Self::EqRegex
            | Self::NotEqRegex
            | Self::Less
            | Self::LessEq
            | Self::Greater
            | Self::GreaterEq => 3,
            Self::Add | Self::Sub | Self::BitOr | Self::BitXor => 4,
            Self::Mul | Self::Div | Self::Mod | Self::BitAnd => 5,
        }
    }

    /// As written in a statement.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Or => "OR",
            Self::And => "AND",
            Self::Eq => "=",
            Self::NotEq => "!=",
            Self::EqRegex => "=~",
            Self::NotEqRegex => "!~",
            Self::Less => "<",
            Self::LessEq => "<=",
            Self::Greater => ">",
            Self::GreaterEq => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::BitOr => "|",
            Self::BitXor => "^",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::BitAnd => "&",
        }
    }

    /// Whether the result is true or false.
    #[must_use]
    pub fn is_logical(self) -> bool {
        self.precedence() <= 3
    }

    /// Whether the right side must be a regular expression.
    #[must_use]
    pub fn takes_regex(self) -> bool {
        matches!(self, Self::EqRegex | Self::NotEqRegex)
    }
}

impl Expr {
    /// A name without a kind.
    #[must_use]
    pub fn var(name: &str) -> Self {
        Self::Var(VarRef { name: name.to_owned(), kind: None })
    }

    /// Whether this is a constant.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        match self {
            Self::Integer(_)
            | Self::Unsigned(_)
            | Self::Number(_)
            | Self::Boolean(_)
            | Self::String(_)
            | Self::Duration(_)
            | Self::Time(_)
            | Self::Regex(_) => true,
            Self::Var(_)
            | Self::Wildcard(_)
            | Self::Call(_)
            | Self::Distinct(_)
            | Self::Binary(..)
            | Self::Paren(_) => false,
        }
    }

    /// Calls `visit` for this expression and all within, from the outside inwards.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Call(call) => {
                for arg in &call.args {
                    arg.walk(visit);
                }
            }
            Self::Binary(first, rest) => {
                first.walk(visit);
                for (_, term) in rest {
                    term.walk(visit);
                }
            }
            Self::Paren(inner) => inner.walk(visit),
            Self::Var(_)
            | Self::Integer(_)
            | Self::Unsigned(_)
            | Self::Number(_)
            | Self::Boolean(_)
            | Self::String(_)
            | Self::Duration(_)
            | Self::Time(_)
            | Self::Regex(_)
            | Self::Wildcard(_)
            | Self::Distinct(_) => {}
        }
    }

    /// How many expressions there are, this one and all within.
    #[must_use]
    pub fn size(&self) -> usize {
        let mut size = 0;
        self.walk(&mut |_| size += 1);
        size
    }

    /// Whether `test` holds for this expression or one within.
    pub fn any(&self, test: impl Fn(&Self) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |expr| found |= test(expr));
        found
    }
}
