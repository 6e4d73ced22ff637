//! The dashboard's picture: each panel where Grafana has it, with the data of a run.

use crate::canvas::{Canvas, escape, tick};
use kit::dashboard::Panel;

const WIDTH: f64 = 1_120.0;
/// Around all panels, and between two of them.
const MARGIN: f64 = 16.0;
const GAP: f64 = 10.0;
/// A row of Grafana's grid.
const ROW: f64 = 28.0;
/// Room for an axis's numbers.
const AXIS: f64 = 46.0;
/// How many colours there are.
const COLOURS: usize = 8;

const STYLE: &str = "
  .panel { fill: none; stroke: #d5dae1 }
  .name { font-weight: 600 }
  .number { font-size: 30px; font-weight: 600 }
  .line { fill: none; stroke-width: 1.6; stroke-linejoin: round }
  .c0 { stroke: #0f8f7f; --c: #0f8f7f } .c1 { stroke: #e08a1e; --c: #e08a1e } .c2 { stroke: #3f6fc4; --c: #3f6fc4 }
  .c3 { stroke: #c2410c; --c: #c2410c } .c4 { stroke: #8b5cb8; --c: #8b5cb8 } .c5 { stroke: #6b8e23; --c: #6b8e23 }
  .c6 { stroke: #b83280; --c: #b83280 } .c7 { stroke: #64748b; --c: #64748b }
  .key { stroke: none; fill: var(--c) }
  @media (prefers-color-scheme: dark) { .panel { stroke: #353c47 } }
";

/// A panel with its data.
pub struct Drawn {
    pub panel: Panel,
    pub lines: Vec<Line>,
}

/// A series: seconds since the run began, and values.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

impl Line {
    fn last(&self) -> f64 {
        self.points.last().map_or(0.0, |(_, value)| *value)
    }

    fn highest(&self) -> f64 {
        self.points.iter().map(|(_, value)| *value).fold(0.0, f64::max)
    }
}

/// Where a panel's drawing may go.
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// Draws all panels for a span of seconds.
pub fn draw(panels: &[Drawn], from: f64, to: f64, about: &str) -> String {
    let mut canvas = Canvas::new(0.0);
    let column = (WIDTH - 2.0 * MARGIN + GAP) / 24.0;
    let mut end = 0.0_f64;
    for drawn in panels {
        let place = drawn.panel.place;
        let (left, top) = (MARGIN + f64::from(place.x) * column, MARGIN + f64::from(place.y) * ROW);
        let (width, height) = (f64::from(place.w) * column - GAP, f64::from(place.h) * ROW - GAP);
        canvas.add(format_args!(
            r#"<rect class="panel" x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" rx="4"/>"#
        ));
        canvas.y = top + 20.0;
        canvas.text(left + 10.0, "name", &drawn.panel.title);
        let area = Area { left: left + 10.0, top: top + 32.0, right: left + width - 12.0, bottom: top + height - 10.0 };
        let unit = drawn.panel.field_config["defaults"]["unit"].as_str().unwrap_or_default();
        match drawn.panel.kind.as_str() {
            "stat" => number(&mut canvas, drawn, &area, unit),
            "bargauge" => bars(&mut canvas, drawn, &area, unit),
            _ => lines(&mut canvas, drawn, area, unit, (from, to)),
        }
        end = end.max(top + height);
    }
    canvas.y = end + 22.0;
    canvas.text(MARGIN, "faint", about);
    canvas.y += 14.0;
    canvas.finish(WIDTH, "The dashboard of envoy-cors with the data of a real run", STYLE)
}

/// A value in its unit.
fn show(value: f64, unit: &str) -> String {
    match unit {
        "percentunit" => format!("{:.0} %", value * 100.0),
        "bytes" => format!("{:.0} MB", value / 1e6),
        "reqps" => format!("{value:.0}/s"),
        _ => format!("{value:.0}"),
    }
}

fn number(canvas: &mut Canvas, drawn: &Drawn, area: &Area, unit: &str) {
    canvas.y = area.bottom - 16.0;
    let value = drawn.lines.first().map_or(0.0, Line::last);
    canvas.text(area.left, "number", &show(value, unit));
}

fn bars(canvas: &mut Canvas, drawn: &Drawn, area: &Area, unit: &str) {
    let mut lines: Vec<&Line> = drawn.lines.iter().collect();
    lines.sort_by(|one, other| other.last().total_cmp(&one.last()));
    let longest = lines.first().map_or(1.0, |line| line.last().max(f64::EPSILON));
    canvas.y = area.top + 18.0;
    for line in lines {
        canvas.text(area.left, "", &line.name);
        let (x, top) = (area.left + 70.0, canvas.y - 12.0);
        let width = (area.right - 46.0 - x) * line.last() / longest;
        canvas.add(format_args!(r#"<rect class="c0 key" x="{x:.1}" y="{top:.1}" width="{width:.1}" height="15"/>"#));
        canvas.text(x + width + 6.0, "faint", &show(line.last(), unit));
        canvas.y += 26.0;
    }
}

fn lines(canvas: &mut Canvas, drawn: &Drawn, mut area: Area, unit: &str, (from, to): (f64, f64)) {
    // What never happened in this run would only lie on the axis.
    let happened: Vec<&Line> = drawn.lines.iter().filter(|line| line.highest() > 0.0).collect();
    area.bottom = legend(canvas, &happened, &area) - 18.0;
    area.left += AXIS;
    // Stacked, as Grafana does it, a line begins where the one before it is.
    let stacks = drawn.panel.field_config["defaults"]["custom"]["stacking"]["mode"] == "normal";
    let mut below: Vec<(f64, f64)> = Vec::new();
    let mut drawn_lines = Vec::new();
    for line in happened {
        let under = |at: f64| below.iter().find(|(time, _)| *time == at).map_or(0.0, |(_, value)| *value);
        let points: Vec<(f64, f64)> = line.points.iter().map(|(time, value)| (*time, value + under(*time))).collect();
        if stacks {
            below.clone_from(&points);
        }
        drawn_lines.push(Line { name: line.name.clone(), points });
    }
    let highest = drawn_lines.iter().map(Line::highest).fold(f64::EPSILON, f64::max);
    let highest = if highest <= f64::EPSILON { 1.0 } else { highest };
    let step = tick(highest);
    let end = (highest / step).ceil() * step;
    let x = |time: f64| area.left + (time - from) / (to - from) * (area.right - area.left);
    let y = |value: f64| area.bottom - value / end * (area.bottom - area.top);
    for number in 0..=(end / step).round() as u32 {
        let value = f64::from(number) * step;
        let (at, class) = (y(value), if number == 0 { "axis" } else { "grid" });
        let (left, right) = (area.left, area.right);
        canvas.add(format_args!(r#"<line class="{class}" x1="{left:.1}" x2="{right:.1}" y1="{at:.1}" y2="{at:.1}"/>"#));
        let (label, at) = (label(value, unit), at + 4.0);
        canvas.add(format_args!(
            r#"<text class="faint" text-anchor="end" x="{:.1}" y="{at:.1}">{label}</text>"#,
            left - 6.0
        ));
    }
    for time in (20..to as u32).step_by(20) {
        let (at, bottom) = (x(f64::from(time)), area.bottom + 15.0);
        canvas
            .add(format_args!(r#"<text class="faint" text-anchor="middle" x="{at:.1}" y="{bottom:.1}">{time}</text>"#));
    }
    for (number, line) in drawn_lines.iter().enumerate() {
        let points: Vec<String> =
            line.points.iter().map(|(time, value)| format!("{:.1},{:.1}", x(*time), y(*value))).collect();
        let (colour, points, name) = (number % COLOURS, points.join(" "), escape(&line.name));
        canvas.add(format_args!(
            r#"<polyline class="line c{colour}" points="{points}"><title>{name}</title></polyline>"#
        ));
    }
}

/// A number of an axis; small ones keep a digit.
fn label(value: f64, unit: &str) -> String {
    match unit {
        "percentunit" | "bytes" => show(value, unit),
        // 3 × 0.4 is 1.2000000000000002.
        _ => format!("{}", (value * 1_000.0).round() / 1_000.0),
    }
}

/// Draws the names at the foot of an area, in as many rows as they need; returns where they begin.
fn legend(canvas: &mut Canvas, lines: &[&Line], area: &Area) -> f64 {
    let width = |line: &Line| 20.0 + 7.0 * line.name.chars().count() as f64;
    let mut rows: Vec<Vec<(usize, &Line, f64)>> = vec![Vec::new()];
    let mut x = area.left;
    for (number, line) in lines.iter().enumerate() {
        if x + width(line) > area.right {
            rows.push(Vec::new());
            x = area.left;
        }
        rows.iter_mut().rev().take(1).for_each(|row| row.push((number, line, x)));
        x += width(line);
    }
    let top = area.bottom - 15.0 * rows.len() as f64;
    for (at, row) in rows.iter().enumerate() {
        canvas.y = top + 15.0 * (at + 1) as f64;
        for (number, line, x) in row {
            let (colour, key) = (number % COLOURS, canvas.y - 9.0);
            canvas.add(format_args!(r#"<rect class="c{colour} key" x="{x:.1}" y="{key:.1}" width="10" height="10"/>"#));
            canvas.text(x + 14.0, "faint", &line.name);
        }
    }
    top
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_an_axis_are_short() {
        let labels = [label(3.0 * 0.4, "none"), label(100.0, "reqps"), label(3e7, "bytes"), label(0.2, "percentunit")];
        assert_eq!(labels, ["1.2", "100", "30 MB", "20 %"]);
    }
}
