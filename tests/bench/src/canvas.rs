//! What pictures share: an SVG with a background of its own, so that it is legible on any page, which follows the reader's
//! light or dark scheme.

use std::fmt::Write;

const STYLE: &str = "
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: #1f2937 }
  .title { font-size: 16px; font-weight: 600 }
  .faint { fill: #5b6472; font-size: 12px }
  .card { fill: #ffffff; stroke: #d5dae1 }
  .grid { stroke: #e3e7ec }
  .axis { stroke: #98a1ae }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e9ee }
    .faint { fill: #a3adbb }
    .card { fill: #14181f; stroke: #353c47 }
    .grid { stroke: #272d37 }
    .axis { stroke: #66707f }
  }";

/// An SVG that grows downwards.
pub struct Canvas {
    body: String,
    /// The baseline of the next line of text.
    pub y: f64,
}

impl Canvas {
    pub fn new(y: f64) -> Self {
        Canvas { body: String::new(), y }
    }

    pub fn add(&mut self, element: std::fmt::Arguments) {
        // Writing to a String does not fail.
        let _ = writeln!(self.body, "{element}");
    }

    pub fn text(&mut self, x: f64, class: &str, text: &str) {
        let (y, text) = (self.y, escape(text));
        self.add(format_args!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{text}</text>"#));
    }

    pub fn heading(&mut self, title: &str, subtitle: &str) {
        self.text(24.0, "title", title);
        self.y += 19.0;
        self.text(24.0, "faint", subtitle);
        self.y += 24.0;
    }

    /// The whole file, as high as what was drawn.
    pub fn finish(self, width: f64, title: &str, style: &str) -> String {
        let height = self.y;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height:.0}\" width=\"{width}\" \
             height=\"{height:.0}\" role=\"img\">\n<title>{}</title>\n<style>{STYLE}{style}</style>\n\
             <rect class=\"card\" x=\".5\" y=\".5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"10\"/>\n{}</svg>\n",
            escape(title),
            width - 1.0,
            height - 1.0,
            self.body
        )
    }
}

/// The distance of grid lines: 1, 2 or 5 times a power of ten, at most six of them.
pub fn tick(longest: f64) -> f64 {
    let power = 10_f64.powf((longest / 6.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|step| longest / step <= 6.0).unwrap_or(longest)
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_lines_are_at_round_numbers() {
        assert_eq!([0.9, 7.0, 12.0, 31.0, 230.0].map(tick), [0.2, 2.0, 2.0, 10.0, 50.0]);
    }
}
