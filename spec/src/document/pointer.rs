//! JSON pointers (RFC 6901): the address of a value in a document.

use std::fmt;

/// The address of a value; empty: the whole document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// The whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// The member `key` of the value.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        Self(format!("{}/{}", self.0, key.replace('~', "~0").replace('/', "~1")))
    }

    /// The element `index` of the value.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// This pointer with another one, relative to it, appended.
    #[must_use]
    pub fn join(&self, relative: &str) -> Self {
        let slash = if relative.is_empty() || relative.starts_with('/') { "" } else { "/" };
        Self(format!("{}{slash}{relative}", self.0))
    }

    /// The pointer without its last token; `None` for the whole document.
    pub fn parent(&self) -> Option<Self> {
        self.0.rfind('/').map(|slash| Self(self.0[..slash].to_owned()))
    }

    /// Whether the other one is the address of the same value or of one in it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The member of the value that is, or holds, what the other one is the address of; `None` if that is not in it.
    pub fn child_towards(&self, other: &Self) -> Option<Self> {
        let rest = other.0.strip_prefix(&self.0)?.strip_prefix('/')?;
        let token = rest.split('/').next().unwrap_or_default();
        Some(Self(format!("{}/{token}", self.0)))
    }

    /// The tokens, unescaped.
    pub fn tokens(&self) -> impl Iterator<Item = String> + '_ {
        self.0.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"))
    }

    /// The address as `--set` takes it: `search_space.blocks[0].filters`.
    pub fn spelled(&self) -> String {
        let mut text = String::new();
        for token in self.tokens() {
            let is_index = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
            let (before, after) = match (is_index, text.is_empty()) {
                (true, _) => ("[", "]"),
                (false, true) => ("", ""),
                (false, false) => (".", ""),
            };
            text.extend([before, token.as_str(), after]);
        }
        text
    }

    /// The pointer as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Pointer {
    fn from(text: &str) -> Self {
        Self::root().join(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_escaped_and_unescaped() {
        let pointer = Pointer::root().key("a/b").key("c~d").index(3);
        assert_eq!(pointer.as_str(), "/a~1b/c~0d/3");
        assert_eq!(pointer.tokens().collect::<Vec<_>>(), ["a/b", "c~d", "3"]);
        assert_eq!(pointer.spelled(), "a/b.c~d[3]");
        assert_eq!(pointer.parent().unwrap().as_str(), "/a~1b/c~0d");
        assert_eq!(Pointer::root().parent(), None);
    }

    #[test]
    fn a_value_contains_what_is_in_it() {
        let at = |text: &str| Pointer::from(text);
        for (outer, inner, expected, child) in [
            ("", "/a/b", true, Some("/a")),
            ("/a", "/a/b/c", true, Some("/a/b")),
            ("/a", "/a", true, None),
            ("/a", "/ab", false, None),
            ("/a/b", "/a", false, None),
        ] {
            assert_eq!(at(outer).contains(&at(inner)), expected, "{outer} {inner}");
            assert_eq!(at(outer).child_towards(&at(inner)), child.map(at), "{outer} {inner}");
        }
    }
}
