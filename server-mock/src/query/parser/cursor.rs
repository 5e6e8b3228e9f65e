//! A place between tokens, with a few steps back.

use std::collections::VecDeque;

use super::ParseError;
use crate::Profile;
use crate::query::lexer::Lexer;
use crate::query::params::{Bound, Params};
use crate::query::token::{Keyword, Kind, Position, Token};
use crate::query::{Pattern, parse_duration};

/// Tokens kept for stepping back.
const KEPT: usize = 3;

/// Parentheses, calls and sub-queries within each other. The parser and all that walks its result use the stack, so
/// a limit far above any sensible query stands in for an overflow.
const DEPTH_LIMIT: usize = 100;

/// Reads tokens and the small pieces of grammar that all statements share.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    lexer: Lexer<'a>,
    recent: VecDeque<Token<'a>>,
    /// How many of the recent tokens are to be read again.
    back: usize,
    params: &'a Params,
    depth: usize,
    pub(super) profile: Profile,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, params: &'a Params, profile: Profile) -> Self {
        Self { lexer: Lexer::new(text), recent: VecDeque::with_capacity(KEPT), back: 0, params, depth: 0, profile }
    }

    /// The next token, white space and comments too.
    pub(super) fn next_raw(&mut self) -> Token<'a> {
        self.step(Lexer::next)
    }

    fn step(&mut self, read: impl FnOnce(&mut Lexer<'a>) -> Token<'a>) -> Token<'a> {
        if self.back > 0 {
            let token = self.recent[self.recent.len() - self.back].clone();
            self.back -= 1;
            return token;
        }
        let token = read(&mut self.lexer);
        let token = self.substituted(token);
        if self.recent.len() == KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(token.clone());
        token
    }

    /// A known parameter becomes the token it stands for.
    fn substituted(&self, token: Token<'a>) -> Token<'a> {
        if token.kind != Kind::BoundParam {
            return token;
        }
        match self.params.get(&token.text[1..]) {
            Some(Bound::Token(kind, text)) => Token { kind: *kind, text: text.clone().into(), at: token.at },
            Some(Bound::Invalid(_)) | None => token,
        }
    }

    /// Why a parameter was not replaced.
    pub(super) fn unbound(&self, token: &Token<'_>) -> ParseError {
        let name = &token.text[1..];
        ParseError::bare(match self.params.get(name) {
            _ if name.is_empty() => "empty bound parameter".to_owned(),
            Some(Bound::Invalid(reason)) => reason.clone(),
            Some(Bound::Token(..)) | None => format!("missing parameter: {name}"),
        })
    }

    /// The next token that is neither white space nor a comment.
    pub(super) fn next(&mut self) -> Token<'a> {
        loop {
            let token = self.next_raw();
            if !matches!(token.kind, Kind::Space | Kind::Comment) {
                return token;
            }
        }
    }

    /// Gives back the token read last.
    pub(super) fn back(&mut self) {
        debug_assert!(self.back < self.recent.len(), "only tokens that were read can be given back");
        self.back += 1;
    }

    /// Where the next token that is no white space starts.
    pub(super) fn position(&mut self) -> Position {
        let at = self.next().at;
        self.back();
        at
    }

    /// Skips one run of white space.
    pub(super) fn skip_space(&mut self) {
        if self.next_raw().kind != Kind::Space {
            self.back();
        }
    }

    /// The character after what was read last, given back or not.
    pub(super) fn peek_char(&mut self) -> Option<char> {
        self.lexer.peek_counting()
    }

    /// Whether the next token is this keyword; reads it only then.
    pub(super) fn takes(&mut self, keyword: Keyword) -> bool {
        let found = self.next().kind == Kind::Keyword(keyword);
        if !found {
            self.back();
        }
        found
    }

    /// Whether the next token is this kind; reads it only then.
    pub(super) fn takes_kind(&mut self, kind: Kind) -> bool {
        let found = self.next().kind == kind;
        if !found {
            self.back();
        }
        found
    }

    /// Whether the next token is this word, which is a keyword only here; reads it only then.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let token = self.next();
        let found = token.kind == Kind::Ident && token.text.eq_ignore_ascii_case(word);
        if !found {
            self.back();
        }
        found
    }

    /// Reads these keywords.
    pub(super) fn keywords(&mut self, keywords: &[Keyword]) -> Result<(), ParseError> {
        for keyword in keywords {
            let token = self.next();
            if token.kind != Kind::Keyword(*keyword) {
                return Err(ParseError::expected(&token, &[keyword.text()]));
            }
        }
        Ok(())
    }

    /// Reads a token of this kind, called `name` in the error.
    pub(super) fn expect(&mut self, kind: Kind, name: &str) -> Result<Token<'a>, ParseError> {
        let token = self.next();
        if token.kind == kind { Ok(token) } else { Err(ParseError::expected(&token, &[name])) }
    }

    pub(super) fn ident(&mut self) -> Result<String, ParseError> {
        Ok(self.expect(Kind::Ident, "identifier")?.text.into_owned())
    }

    pub(super) fn idents(&mut self) -> Result<Vec<String>, ParseError> {
        let mut all = vec![self.ident()?];
        while self.takes_kind(Kind::Comma) {
            all.push(self.ident()?);
        }
        Ok(all)
    }

    pub(super) fn string(&mut self) -> Result<String, ParseError> {
        Ok(self.expect(Kind::String, "string")?.text.into_owned())
    }

    pub(super) fn strings(&mut self) -> Result<Vec<String>, ParseError> {
        let mut all = vec![self.string()?];
        while self.takes_kind(Kind::Comma) {
            all.push(self.string()?);
        }
        Ok(all)
    }

    /// An unsigned id.
    pub(super) fn id(&mut self) -> Result<u64, ParseError> {
        let token = self.expect(Kind::Integer, "integer")?;
        token.text.parse().map_err(|_| out_of_range(&token, "ParseUint"))
    }

    /// A number of copies.
    pub(super) fn copies(&mut self) -> Result<u32, ParseError> {
        let token = self.expect(Kind::Integer, "integer")?;
        let n: i64 = token.text.parse().map_err(|_| out_of_range(&token, "Atoi"))?;
        u32::try_from(n)
            .ok()
            .filter(|n| (1..=i32::MAX as u32).contains(n))
            .ok_or_else(|| ParseError::at(token.at, &format!("invalid value {n}: must be 1 <= n <= {}", i32::MAX)))
    }

    /// A duration in nanoseconds; `INF` is 0.
    pub(super) fn duration(&mut self) -> Result<i64, ParseError> {
        let token = self.next();
        match token.kind {
            Kind::Keyword(Keyword::Inf) => Ok(0),
            Kind::Duration => parse_duration(&token.text).map_err(|error| ParseError::at(token.at, &error.to_string())),
            _ => Err(ParseError::expected(&token, &["duration"])),
        }
    }

    /// `LIMIT n` and the like; 0 when it is not there.
    pub(super) fn optional_count(&mut self, keyword: Keyword) -> Result<u64, ParseError> {
        if !self.takes(keyword) {
            return Ok(0);
        }
        let token = self.expect(Kind::Integer, "integer")?;
        // The real parser reads a number that is too large as the largest.
        Ok(token.text.parse::<i64>().unwrap_or(i64::MAX).unsigned_abs())
    }

    /// A regular expression if the next thing is one.
    pub(super) fn optional_regex(&mut self) -> Result<Option<Pattern>, ParseError> {
        if self.peek_char().is_some_and(|c| matches!(c, ' ' | '\t' | '\n')) {
            self.skip_space();
        }
        match self.peek_char() {
            Some('$') => {
                let found = self.next_raw().kind == Kind::Regex;
                self.back();
                if !found {
                    return Ok(None);
                }
            }
            Some('/') => {}
            _ => return Ok(None),
        }
        let token = self.step(Lexer::regex);
        match token.kind {
            Kind::Regex => {
                Pattern::new(&token.text).map(Some).map_err(|error| ParseError::at(token.at, &error.to_string()))
            }
            Kind::BadRegex => Err(ParseError::at(token.at, &format!("bad regex: {}", token.text))),
            _ => Err(ParseError::expected(&token, &["regex"])),
        }
    }

    /// A regular expression.
    pub(super) fn regex(&mut self) -> Result<Pattern, ParseError> {
        match self.optional_regex()? {
            Some(pattern) => Ok(pattern),
            None => Err(ParseError::expected(&self.next(), &["regex"])),
        }
    }

    /// Runs `inner` one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        if self.depth == DEPTH_LIMIT {
            let at = self.position();
            return Err(ParseError::at(at, &format!("nested more than {DEPTH_LIMIT} levels deep")));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }
}

fn out_of_range(token: &Token<'_>, function: &str) -> ParseError {
    ParseError::at(token.at, &format!("strconv.{function}: parsing \"{}\": value out of range", token.text))
}
