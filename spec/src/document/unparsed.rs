//! What the parser refuses, in our words: for each of its errors where it is, what was found, and what to do.

use granit_parser::ErrorKind;

/// An error of the parser in our words.
pub(super) struct Words {
    /// What was found and what was expected.
    pub(super) message: String,
    /// What to do.
    pub(super) help: &'static str,
}

fn words(message: impl Into<String>, help: &'static str) -> Words {
    Words { message: message.into(), help }
}

/// Says what is wrong at a place, before which `line` stands in its line, and after which `rest`.
pub(super) fn say(kind: &ErrorKind, line: &str, rest: &str) -> Words {
    let first = rest.chars().next();
    let found = in_block(kind, line).or_else(|| in_brackets(kind, first)).or_else(|| in_scalar(kind, first));
    found.or_else(|| in_document(kind)).unwrap_or_else(|| {
        words(
            format!("this is not YAML: {kind}"),
            "look at the brackets, quotes and indentation up to here, and quote a value with signs of YAML in it",
        )
    })
}

fn in_block(kind: &ErrorKind, line: &str) -> Option<Words> {
    Some(match kind {
        ErrorKind::ExpectedBlockMappingKey if !line.trim().is_empty() => words(
            "found more after the value, expected the end of the line",
            "begin another key on a line of its own, or put the whole value in quotes",
        ),
        ErrorKind::ExpectedBlockMappingKey => words(
            "found something that is indented unlike its neighbours, expected a key",
            "align the keys of a mapping",
        ),
        ErrorKind::ExpectedBlockSequenceEntry => words(
            "found something among the elements of a list that begins without `-`",
            "begin each element with `- `, and indent what belongs to it more",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => words(
            "found a `-` in the line of its key, expected a list on lines of its own",
            "begin the list on the next line, or write `[a, b]`",
        ),
        ErrorKind::CommentNotSeparated => {
            words("found a comment without a space before its `#`", "write a space before it")
        }
        ErrorKind::RecursionLimitExceeded => {
            words("found collections that are nested too deeply", "write fewer of them in each other")
        }
        _ => return None,
    })
}

fn in_brackets(kind: &ErrorKind, first: Option<char>) -> Option<Words> {
    let separate = "separate with `, `";
    Some(match kind {
        ErrorKind::ExpectedFlowMappingSeparator => {
            words("found a value without a `,` or `}` before it", separate)
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            words("found a value without a `,` or `]` before it", separate)
        }
        ErrorKind::BlockEntryInFlowCollection | ErrorKind::PlainScalarStartsWithDashFlowIndicator => {
            words("found a `-` inside brackets, expected a value", "separate the values with `, ` alone")
        }
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
            if first == Some(',') =>
        {
            words("found a `,` without a value before it", "remove it, or write the value")
        }
        ErrorKind::MisplacedFlowCollectionEnd => words(
            format!("found `{}` without its opening bracket", first.unwrap_or('}')),
            "remove it, or write the bracket that it closes",
        ),
        ErrorKind::InvalidColonPlacement
        | ErrorKind::FlowMappingValueAdjacentCollection
        | ErrorKind::InvalidMappingValueWhitespace => words(
            "found a `:` where no value can begin",
            "write a space after a `:`, quote a text that contains one, and close the brackets before it",
        ),
        _ => return None,
    })
}

fn in_scalar(kind: &ErrorKind, first: Option<char>) -> Option<Words> {
    Some(match kind {
        ErrorKind::UnclosedQuotedScalar => words(
            "found a quote that is never closed",
            "close it, or put the whole value in quotes if it contains a quote",
        ),
        ErrorKind::UnexpectedCharacter { character } => words(
            format!("found `{}`, which cannot start a value", character.escape_debug()),
            "quote the value",
        ),
        ErrorKind::UnknownQuotedScalarEscape => words(
            "found an escape that YAML does not have in a text in double quotes",
            "write `\\\\` for a backslash, or use single quotes",
        ),
        ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => words(
            "found an escape that is no character in a text in double quotes",
            "write the character itself, or `\\\\` for a backslash",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => words(
            "found more after the closing quote, expected the end of the value",
            "put the whole value in quotes",
        ),
        ErrorKind::InvalidBlockScalarHeader => words(
            "found more after the sign of a text of several lines, expected the end of the line",
            "begin the text on the next line, or put a value that begins with `|` or `>` in quotes",
        ),
        ErrorKind::ZeroBlockScalarIndent => words(
            "found a text of several lines with the indentation 0, expected 1 to 9",
            "write no number after `|` or `>`",
        ),
        ErrorKind::InvalidBlockScalarIndent => words(
            "found a line of a text of several lines that is indented less than the text",
            "indent all of its lines alike, more than its key, and write no number after `|` or `>`",
        ),
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::InvalidFlowScalarIndent => words(
            "found a line that is indented less than the value that it belongs to",
            "indent the lines of a value more than its key",
        ),
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            words("found the end of the document inside quotes", "close the quotes before it")
        }
        ErrorKind::MissingAnchorOrAliasName => words(
            format!("found `{}` without a name after it", first.unwrap_or('*')),
            "put a value that begins with `*` or `&` in quotes",
        ),
        _ => return None,
    })
}

fn in_document(kind: &ErrorKind) -> Option<Words> {
    Some(match kind {
        ErrorKind::BomInsideDocument => words("found a byte order mark inside the text", "remove it"),
        ErrorKind::UnsupportedYamlMajorVersion => {
            words("found a version of YAML other than 1", "remove the line that begins with `%YAML`")
        }
        ErrorKind::DuplicateVersionDirective | ErrorKind::DuplicateTagDirective => {
            words("found a line that begins with `%` twice", "remove one of them")
        }
        ErrorKind::ExpectedDocumentStart => words(
            "found more after the end of a document or of lines that begin with `%`, expected `---`",
            "remove it, or the lines that begin with `%`",
        ),
        _ => return None,
    })
}
