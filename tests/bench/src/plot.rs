//! The plot, as an SVG of bars.

use crate::canvas::{Canvas, escape, tick};
use crate::requests::Request;
use crate::results::{Results, Series};
use crate::rules::Rules;
use crate::sides::Side;

const WIDTH: f64 = 760.0;
const TITLE: &str = "What envoy-cors costs, compared with Envoy's native cors filter and an empty module";
/// Where bars begin; their labels are to the left.
const LEFT: f64 = 176.0;
/// Where the longest bar ends; its value is to the right.
const RIGHT: f64 = 680.0;
const BAR: f64 = 15.0;
const STEP: f64 = 18.0;
const GAP: f64 = 12.0;

const STYLE: &str = "
  .spread { stroke: #1f2937; stroke-width: 1.3; opacity: .75 }
  .none { fill: #aeb6c1 } .native { fill: #e08a1e } .empty { fill: #b3c7e6 } .trimmed { fill: #6c92cf } .ours { fill: #0f8f7f }
  @media (prefers-color-scheme: dark) {
    .spread { stroke: #f3f5f8 }
    .none { fill: #6b7482 } .native { fill: #d98a2b } .empty { fill: #52688c } .trimmed { fill: #6f97d8 } .ours { fill: #25b39f }
  }
";

/// Bars that belong together.
struct Group {
    label: String,
    bars: Vec<(Side, Series)>,
}

/// Draws the plot of a run.
pub fn draw(results: &Results) -> String {
    let mut canvas = Canvas::new(34.0);
    canvas.heading("CPU added to a request, µs", "one exact origin; over the same request with no filter");
    let sides = [Side::Native, Side::Empty, Side::Trimmed, Side::Ours];
    canvas.legend(&sides);
    let of = |request: Request| Group {
        label: request.name().to_owned(),
        bars: sides.iter().filter_map(|side| Some((*side, results.added(request, *side)?))).collect(),
    };
    canvas.bars(&Request::SMALL.map(of));
    canvas.y += 38.0;
    canvas.heading(
        "CPU of a whole allowed request as rules grow, µs",
        "the origin or host asked for is the last of the list",
    );
    let sides = [Side::Native, Side::Ours];
    canvas.legend(&sides);
    let rules =
        [Rules::Exact(1), Rules::Exact(1_000), Rules::Exact(10_000), Rules::Wildcards(100), Rules::Policies(200)];
    let of = |rules: Rules| Group {
        label: rules.name(),
        bars: sides
            .iter()
            .filter_map(|side| Some((*side, results.find(rules, Request::Allowed, *side)?.cpu.clone())))
            .collect(),
    };
    canvas.bars(&rules.map(of));
    let machine = &results.machine;
    let about =
        format!("{}; Envoy {}, 1 worker; {}, {} cores", machine.date, machine.envoy, machine.cpu, machine.cores);
    let reading = format!(
        "Medians of {} rounds; the whiskers reach half the distance between the quartiles to both sides.",
        results.rounds
    );
    for line in [reading, about] {
        canvas.y += 17.0;
        canvas.text(24.0, "faint", &line);
    }
    canvas.y += 22.0;
    canvas.finish(WIDTH, TITLE, STYLE)
}

impl Canvas {
    fn legend(&mut self, sides: &[Side]) {
        let mut x = 24.0;
        for side in sides {
            let top = self.y - 10.0;
            self.add(format_args!(
                r#"<rect class="{}" x="{x}" y="{top:.1}" width="12" height="12" rx="2"/>"#,
                class(*side)
            ));
            self.text(x + 18.0, "", side.name());
            x += 44.0 + 7.5 * side.name().len() as f64;
        }
        self.y += 18.0;
    }

    fn bars(&mut self, groups: &[Group]) {
        let values = || groups.iter().flat_map(|group| group.bars.iter().map(|(_, value)| value));
        let longest = values().map(|value| value.median + value.spread).fold(f64::EPSILON, f64::max);
        let tick = tick(longest);
        // The axis ends with a tick, so that no bar exceeds the grid.
        let end = (longest / tick).ceil() * tick;
        let x = |value: f64| LEFT + value.max(0.0) / end * (RIGHT - LEFT);
        let rows: usize = groups.iter().map(|group| group.bars.len()).sum();
        let height = rows as f64 * STEP + groups.len() as f64 * GAP;
        let top = self.y;
        for number in 0..=(end / tick).round() as u32 {
            let at = x(f64::from(number) * tick);
            let line = if number == 0 { "axis" } else { "grid" };
            let bottom = top + height;
            self.add(format_args!(
                r#"<line class="{line}" x1="{at:.1}" x2="{at:.1}" y1="{top:.1}" y2="{bottom:.1}"/>"#
            ));
            let label = f64::from(number) * tick;
            self.add(format_args!(
                r#"<text class="faint" text-anchor="middle" x="{at:.1}" y="{:.1}">{label}</text>"#,
                bottom + 16.0
            ));
        }
        let mut y = top + GAP / 2.0;
        for group in groups {
            let middle = y + group.bars.len() as f64 * STEP / 2.0 + 3.5;
            let label = escape(&group.label);
            self.add(format_args!(r#"<text text-anchor="end" x="{:.1}" y="{middle:.1}">{label}</text>"#, LEFT - 10.0));
            for (side, value) in &group.bars {
                self.bar(*side, value, y, &x);
                y += STEP;
            }
            y += GAP;
        }
        self.y = top + height + 22.0;
    }

    fn bar(&mut self, side: Side, value: &Series, y: f64, x: &impl Fn(f64) -> f64) {
        let (class, width) = (class(side), x(value.median) - LEFT);
        let name = side.name();
        self.add(format_args!(
            r#"<rect class="{class}" x="{LEFT}" y="{y:.1}" width="{width:.1}" height="{BAR}" rx="2"><title>{name}: {:.2} ±{:.2} µs</title></rect>"#,
            value.median, value.spread
        ));
        let (from, to) = (x(value.median - value.spread), x(value.median + value.spread));
        let middle = y + BAR / 2.0;
        self.add(format_args!(
            r#"<line class="spread" x1="{from:.1}" x2="{to:.1}" y1="{middle:.1}" y2="{middle:.1}"/>"#
        ));
        self.add(format_args!(r#"<text x="{:.1}" y="{:.1}">{:.1}</text>"#, to + 7.0, middle + 4.5, value.median));
    }
}

fn class(side: Side) -> &'static str {
    match side {
        Side::None => "none",
        Side::Native => "native",
        Side::Empty => "empty",
        Side::Trimmed => "trimmed",
        Side::Ours => "ours",
    }
}
