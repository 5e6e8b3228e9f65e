//! Text to tokens.

use std::borrow::Cow;

use super::ast::BinaryOp;
use super::token::{Kind, Position, Token, classify_word};

/// Reads tokens one after another.
///
/// White space and comments are tokens too: the grammar forbids them in a few places.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    offset: usize,
    at: Position,
    /// Of the character read last; where the real scanner says that strings and regular expressions start.
    last: Position,
    /// The real scanner counts the end of the text as one character the first time something reads it; positions in
    /// its messages show that.
    end_counted: bool,
}

/// Why a quoted text ended early.
enum Unquoted {
    Unterminated,
    Escape(String),
}

impl<'a> Lexer<'a> {
    /// A NUL ends the text, as in the real scanner.
    pub(super) fn new(text: &'a str) -> Self {
        let end = memchr::memchr(0, text.as_bytes()).unwrap_or(text.len());
        Self { text: &text[..end], offset: 0, at: Position::default(), last: Position::default(), end_counted: false }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.offset..]
    }

    /// The next character without reading it; all line ends look like `\n`.
    fn peek(&self) -> Option<char> {
        self.rest().chars().next().map(|c| if c == '\r' { '\n' } else { c })
    }

    fn read(&mut self) -> Option<char> {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else {
            self.count_end();
            return None;
        };
        self.last = self.at;
        self.offset += if rest.starts_with("\r\n") { 2 } else { c.len_utf8() };
        if matches!(c, '\n' | '\r') {
            self.at = Position { line: self.at.line + 1, char: 0 };
            return Some('\n');
        }
        self.at.char += 1;
        Some(c)
    }

    fn count_end(&mut self) {
        if !self.end_counted {
            self.end_counted = true;
            self.at.char += 1;
        }
    }

    /// What the next character is. Reaching the end counts, as in the real parser.
    pub(super) fn peek_counting(&mut self) -> Option<char> {
        let c = self.peek();
        if c.is_none() {
            self.count_end();
        }
        c
    }

    /// Reads characters of one line while `wanted`, and gives them as a slice.
    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        let taken = &rest[..len];
        self.offset += len;
        let chars = taken.chars().count();
        if chars > 0 {
            self.at.char += chars;
            self.last = Position { char: self.at.char - 1, ..self.at };
        }
        taken
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token<'a> {
        let at = self.at;
        let token = |kind, text: &'a str| Token { kind, text: Cow::Borrowed(text), at };
        let Some(c) = self.peek() else {
            self.count_end();
            return token(Kind::End, "");
        };
        match c {
            ' ' | '\t' | '\n' => {
                let start = self.offset;
                while matches!(self.peek(), Some(' ' | '\t' | '\n')) {
                    self.read();
                }
                let text = &self.text[start..self.offset];
                if self.peek().is_none() {
                    self.count_end();
                }
                token(Kind::Space, text)
            }
            'a'..='z' | 'A'..='Z' | '_' => self.word(at),
            '0'..='9' => self.number(at),
            '"' => self.quoted(at, Kind::Ident),
            '\'' => self.quoted(at, Kind::String),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(at),
            '$' => self.bound_param(at),
            '-' if self.rest().starts_with("--") => {
                while !matches!(self.read(), None | Some('\n')) {}
                token(Kind::Comment, "")
            }
            '/' if self.rest().starts_with("/*") => {
                let closed = self.block_comment();
                token(if closed { Kind::Comment } else { Kind::Illegal }, "")
            }
            c => {
                let (kind, len) = self.punctuation(c);
                let start = self.offset;
                for _ in 0..len {
                    self.read();
                }
                token(kind, if kind == Kind::Illegal { &self.text[start..self.offset] } else { "" })
            }
        }
    }

    fn punctuation(&self, first: char) -> (Kind, usize) {
        let second = self.rest()[first.len_utf8()..].chars().next();
        match (first, second) {
            ('.', _) => (Kind::Dot, 1),
            ('+', _) => (Kind::Op(BinaryOp::Add), 1),
            ('-', _) => (Kind::Op(BinaryOp::Sub), 1),
            ('*', _) => (Kind::Op(BinaryOp::Mul), 1),
            ('/', _) => (Kind::Op(BinaryOp::Div), 1),
            ('%', _) => (Kind::Op(BinaryOp::Mod), 1),
            ('&', _) => (Kind::Op(BinaryOp::BitAnd), 1),
            ('|', _) => (Kind::Op(BinaryOp::BitOr), 1),
            ('^', _) => (Kind::Op(BinaryOp::BitXor), 1),
            ('=', Some('~')) => (Kind::Op(BinaryOp::EqRegex), 2),
            ('=', _) => (Kind::Op(BinaryOp::Eq), 1),
            ('!', Some('=')) | ('<', Some('>')) => (Kind::Op(BinaryOp::NotEq), 2),
            ('!', Some('~')) => (Kind::Op(BinaryOp::NotEqRegex), 2),
            ('>', Some('=')) => (Kind::Op(BinaryOp::GreaterEq), 2),
            ('>', _) => (Kind::Op(BinaryOp::Greater), 1),
            ('<', Some('=')) => (Kind::Op(BinaryOp::LessEq), 2),
            ('<', _) => (Kind::Op(BinaryOp::Less), 1),
            ('(', _) => (Kind::LeftParen, 1),
            (')', _) => (Kind::RightParen, 1),
            (',', _) => (Kind::Comma, 1),
            (';', _) => (Kind::Semicolon, 1),
            (':', Some(':')) => (Kind::DoubleColon, 2),
            (':', _) => (Kind::Colon, 1),
            _ => (Kind::Illegal, 1),
        }
    }

    fn block_comment(&mut self) -> bool {
        self.read();
        self.read();
        let mut star = false;
        loop {
            match self.read() {
                None => return false,
                Some('/') if star => return true,
                Some(c) => star = c == '*',
            }
        }
    }

    fn word(&mut self, at: Position) -> Token<'a> {
        let text = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        match self.peek() {
            // `ab"c"` is one identifier, and what stands before the quote is lost.
            Some('"') => return self.quoted(at, Kind::Ident),
            None => self.count_end(),
            Some(_) => {}
        }
        let kind = classify_word(text);
        Token { kind, text: Cow::Borrowed(if kind == Kind::Ident { text } else { "" }), at }
    }

    fn bound_param(&mut self, at: Position) -> Token<'a> {
        let start = self.offset;
        self.read();
        self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        match self.peek() {
            Some('"') => {
                let name = self.quoted(at, Kind::BoundParam);
                return Token { text: Cow::Owned(format!("${}", name.text)), ..name };
            }
            None => self.count_end(),
            Some(_) => {}
        }
        Token { kind: Kind::BoundParam, text: Cow::Borrowed(&self.text[start..self.offset]), at }
    }

    /// A number, an integer or a duration.
    fn number(&mut self, at: Position) -> Token<'a> {
        let start = self.offset;
        let digit = |c: char| c.is_ascii_digit();
        let unit = |c: char| c.is_ascii_alphabetic() || c == 'µ';
        self.take_while(digit);
        if self.peek() == Some('.') {
            let mut end = self.offset;
            self.read();
            if self.peek().is_some_and(digit) {
                self.take_while(digit);
                end = self.offset;
            }
            return Token { kind: Kind::Number, text: Cow::Borrowed(&self.text[start..end]), at };
        }
        let kind = if self.peek().is_some_and(unit) {
            self.take_while(|c| unit(c) || digit(c));
            Kind::Duration
        } else {
            Kind::Integer
        };
        Token { kind, text: Cow::Borrowed(&self.text[start..self.offset]), at }
    }

    fn quoted(&mut self, at: Position, kind: Kind) -> Token<'a> {
        let before = self.last;
        let at = if kind == Kind::String { before } else { at };
        match self.unquote() {
            Ok(text) => Token { kind, text, at },
            Err((Unquoted::Unterminated, text)) => Token { kind: Kind::BadString, text, at: before },
            // The real scanner points at the character after the backslash.
            Err((Unquoted::Escape(shown), _)) => {
                Token { kind: Kind::BadEscape, text: Cow::Owned(shown), at: self.last }
            }
        }
    }

    /// The content between the quote at the current character and its twin.
    fn unquote(&mut self) -> Result<Cow<'a, str>, (Unquoted, Cow<'a, str>)> {
        let quote = self.read();
        let mut content: Cow<'a, str> = Cow::Borrowed("");
        loop {
            let plain = self.take_while(|c| Some(c) != quote && !matches!(c, '\\' | '\n' | '\r'));
            if content.is_empty() {
                content = Cow::Borrowed(plain);
            } else {
                content.to_mut().push_str(plain);
            }
            match self.read() {
                Some('\\') => {}
                None | Some('\n') => return Err((Unquoted::Unterminated, content)),
                Some(_) => return Ok(content),
            }
            match self.read() {
                Some('n') => content.to_mut().push('\n'),
                Some(c @ ('\\' | '"' | '\'')) => content.to_mut().push(c),
                other => {
                    let shown = format!("\\{}", other.unwrap_or('\0'));
                    return Err((Unquoted::Escape(shown), content));
                }
            }
        }
    }

    /// The regular expression that starts with the `/` at the current character.
    pub(super) fn regex(&mut self) -> Token<'a> {
        let at = self.last;
        let bad = Token { kind: Kind::BadRegex, text: Cow::Borrowed(""), at };
        if self.read() != Some('/') {
            return bad;
        }
        let mut content: Cow<'a, str> = Cow::Borrowed("");
        loop {
            let plain = self.take_while(|c| !matches!(c, '/' | '\\' | '\n' | '\r'));
            if content.is_empty() {
                content = Cow::Borrowed(plain);
            } else {
                content.to_mut().push_str(plain);
            }
            match self.read() {
                Some('/') => return Token { kind: Kind::Regex, text: content, at },
                // Only the slash is unescaped here; the rest belongs to the expression.
                Some('\\') if self.peek() == Some('/') => {
                    self.read();
                    content.to_mut().push('/');
                }
                Some('\\') => content.to_mut().push('\\'),
                _ => return bad,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(Kind, String)> {
        let mut lexer = Lexer::new(text);
        let mut all = Vec::new();
        loop {
            let token = lexer.next();
            if token.kind == Kind::End {
                return all;
            }
            all.push((token.kind, token.text.into_owned()));
        }
    }

    #[test]
    fn numbers_durations_and_dots() {
        for (text, kind, content) in [
            ("12", Kind::Integer, "12"),
            ("1.5", Kind::Number, "1.5"),
            (".5", Kind::Number, ".5"),
            ("1.", Kind::Number, "1"),
            ("1h30m", Kind::Duration, "1h30m"),
            ("10µ", Kind::Duration, "10µ"),
            (".", Kind::Dot, ""),
        ] {
            assert_eq!(tokens(text), [(kind, content.to_owned())], "{text}");
        }
    }

    #[test]
    fn quotes_are_unescaped() {
        assert_eq!(tokens(r#""a\"b""#), [(Kind::Ident, "a\"b".to_owned())]);
        assert_eq!(tokens(r"'a\'\\\n'"), [(Kind::String, "a'\\\n".to_owned())]);
        assert_eq!(tokens("'abc"), [(Kind::BadString, "abc".to_owned())]);
        assert_eq!(tokens(r"'a\q'")[0], (Kind::BadEscape, "\\q".to_owned()));
    }

    #[test]
    fn a_nul_ends_the_text() {
        assert_eq!(tokens("a\0b"), [(Kind::Ident, "a".to_owned())]);
    }

    #[test]
    fn comments_and_line_ends_keep_positions() {
        let mut lexer = Lexer::new("-- x\r\n/* a\n*/ b");
        assert_eq!(lexer.next().kind, Kind::Comment);
        assert_eq!(lexer.next().kind, Kind::Comment);
        lexer.next();
        assert_eq!(lexer.next().at, Position { line: 2, char: 3 });
    }

    #[test]
    fn a_regex_keeps_escapes_but_for_the_slash() {
        let mut lexer = Lexer::new(r"/a\/b\d/");
        assert_eq!(lexer.regex().text, r"a/b\d");
        assert_eq!(Lexer::new("/a").regex().kind, Kind::BadRegex);
    }
}
