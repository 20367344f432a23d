import { pageStyle } from '../pages/index.js';

/** The style of reports: that of all pages, and what charts and galleries need, on screens from 360 pixels on and on paper. */
export const reportStyle = `${pageStyle}
.chart { display: block; border: 0; padding: 0; margin: 0; min-width: 0; } .chart svg { max-width: 100%; height: auto; }
.chart h3 { margin-bottom: 4px; } .keys { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; margin: 0; padding: 0; list-style: none; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(350px, 100%), 1fr)); gap: 20px; }
.wide { overflow-x: auto; } .chart.wide svg { max-width: none; }
.side { display: flex; flex-wrap: wrap; gap: 20px; } .side > * { min-width: 0; max-width: 100%; } .side > div { flex: 1 1 440px; }
.card > b { font-size: 20px; display: block; } .card small, .quiet { color: color-mix(in srgb, currentColor 70%, transparent); font-size: 13px; }
.cards { margin: 12px 0; }
.shown { border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px 12px; margin: 0 0 12px; break-inside: avoid; }
.shown h3 { overflow-wrap: anywhere; } .shown p { margin: 0 0 8px; font-size: 13px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(220px, 46%), 1fr)); gap: 8px; }
.pictures figure { border: 0; padding: 0; display: block; } .pictures figcaption { font-size: 12px; }
.scale { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; font-size: 13px; margin: 8px 0; }
.ramp { width: 140px; height: 12px; border: 1px solid var(--line); border-radius: 3px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 14px; margin: 8px 0 16px; }
details { margin: 8px 0; } summary { cursor: pointer; } pre { overflow-x: auto; font-size: 12px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; } dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 480px) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; } }
@media print { nav, details:not([open]) { display: none; } .card { padding: 6px 10px; } .card > b { font-size: 16px; } .charts { grid-template-columns: 1fr 1fr; gap: 10px; }
  .chart, .scale, .keys { break-inside: avoid; } h2 + .quiet, h2 + .note, .cards { break-after: avoid; } .wide { overflow: visible; }
  .pictures { grid-template-columns: repeat(4, 1fr); gap: 4px; } .shown { padding: 4px 8px 6px; } .side { display: block; }
  .chart.wide svg { max-width: 100%; } table { font-size: 12px; } td, th { padding: 2px 6px; } }
`;
