//! Findings as workflow commands of GitHub Actions: annotations of a pull request.

use super::{Report, Severity, first_line};
use std::io::{self, Write};

/// Prints a command for each finding.
pub fn print(reports: &[Report], out: &mut impl Write) -> io::Result<()> {
    for report in reports {
        for finding in &report.findings {
            let command = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let length = report
                .source
                .as_ref()
                .map_or(0, |source| source.slice(&first_line(source, &finding.span)).chars().count());
            let path = finding.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
            writeln!(
                out,
                "::{command} file={},line={},col={},endColumn={},title={}::{}",
                property(&finding.file),
                finding.line,
                finding.column,
                finding.column + length,
                property(&format!("envoy-cors: {}", finding.code)),
                data(&format!("{path}{}: {}; {}", finding.value, finding.reason, finding.remedy)),
            )?;
        }
    }
    Ok(())
}

/// The escapes of a command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_end_a_property_or_begin_a_command() {
        assert_eq!(property("a:b,c%\n::error::"), "a%3Ab%2Cc%25%0A%3A%3Aerror%3A%3A");
        assert_eq!(data("a: b,\r\n100%"), "a: b,%0D%0A100%25");
    }
}
