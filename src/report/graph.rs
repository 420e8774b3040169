//! A drawing as SVG, for a page that loads nothing.
//!
//! Owns where nodes stand: in layers, each below all that it needs. It does not
//! know what they stand for.

use crate::event::Drawing;
use std::fmt::Write;

const NODE: (usize, usize) = (150, 32);
const GAP: (usize, usize) = (24, 44);

/// The drawing, its texts escaped.
pub fn svg(drawing: &Drawing) -> String {
    let places = places(drawing);
    let width = places.iter().map(|(x, _)| x + NODE.0).max().unwrap_or(0);
    let height = places.iter().map(|(_, y)| y + NODE.1).max().unwrap_or(0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"-2 -2 {} {}\" role=\"img\" aria-label=\"the rules\">\n",
        width + 4,
        height + 4
    );
    for &(from, to) in &drawing.edges {
        let ((ax, ay), (bx, by)) = (places[from], places[to]);
        let (ax, ay, bx) = (ax + NODE.0 / 2, ay + NODE.1, bx + NODE.0 / 2);
        let middle = ay.midpoint(by);
        let _ = writeln!(out, "<path d=\"M{ax} {ay} C{ax} {middle} {bx} {middle} {bx} {by}\"/>");
    }
    for (node, (x, y)) in drawing.nodes.iter().zip(&places) {
        let title = escaped(&node.title);
        let hue = ((node.rule as f64 * 0.618_034).fract() * 360.0) as u32;
        let _ = writeln!(
            out,
            "<g><title>{title}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\" \
             stroke=\"hsl({hue} 60% 50%)\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
            NODE.0,
            NODE.1,
            x + NODE.0 / 2,
            y + NODE.1 / 2 + 4,
            escaped(&shortened(&node.title)),
        );
    }
    out.push_str("</svg>\n");
    out
}

/// The left upper corner of each node.
fn places(drawing: &Drawing) -> Vec<(usize, usize)> {
    let mut layers = vec![0; drawing.nodes.len()];
    // Rules may need one another in a circle: then their layers end somewhere.
    for _ in 0..drawing.nodes.len() {
        let mut settled = true;
        for &(from, to) in &drawing.edges {
            if layers[to] <= layers[from] && layers[from] + 1 < drawing.nodes.len() {
                layers[to] = layers[from] + 1;
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    let mut filled = vec![0; drawing.nodes.len()];
    let place = |layer: &usize| {
        let column = filled[*layer];
        filled[*layer] += 1;
        (column * (NODE.0 + GAP.0), layer * (NODE.1 + GAP.1))
    };
    layers.iter().map(place).collect()
}

fn shortened(title: &str) -> String {
    match title.char_indices().nth(20) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::svg;
    use crate::event::{Drawing, Node};

    #[test]
    fn a_node_stands_below_what_it_needs() {
        let node = |title: &str| Node { title: title.into(), ..Node::default() };
        let drawing = Drawing { nodes: vec![node("a<b"), node("c"), node("d")], edges: vec![(0, 1), (0, 2), (1, 2)] };
        let text = svg(&drawing);
        assert!(text.contains("<title>a&lt;b</title><rect x=\"0\" y=\"0\""), "{text}");
        assert!(text.contains("<title>c</title><rect x=\"0\" y=\"76\""), "{text}");
        assert!(text.contains("<title>d</title><rect x=\"0\" y=\"152\""), "{text}");
        assert_eq!(text.matches("<path ").count(), 3);
    }

    #[test]
    fn a_circle_of_rules_is_drawn_all_the_same() {
        let drawing = Drawing { nodes: vec![Default::default(); 2], edges: vec![(0, 1), (1, 0)] };
        assert_eq!(svg(&drawing).matches("<rect ").count(), 2);
    }
}
