/** The style sheet of every page, light and dark, light on paper, without external fonts or pictures. */
export const pageStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; 
  --good: light-dark(#188038, #81c995); --bad: light-dark(#c5221f, #f28b82); --note: light-dark(#8a6d00, #fdd663); }
html { background: light-dark(#fff, #121212); color: light-dark(#111, #f2f2f2); }
a { color: light-dark(#0b57c2, #8ab4ff); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 1360px; margin: 0 auto; padding: 24px; }
h1 { font-size: 22px; overflow-wrap: anywhere; } h2 { font-size: 18px; margin-top: 32px; }
h3 { font-size: 15px; margin: 0 0 4px; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.note { color: var(--note); }
.cards { display: flex; flex-wrap: wrap; gap: 12px; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; background: var(--soft); }
table { border-collapse: collapse; } .scroll { overflow-x: auto; }
th { text-align: left; font-weight: 600; padding: 4px 10px; border-bottom: 1px solid var(--line); }
td { padding: 3px 10px; border-bottom: 1px solid var(--soft); vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.number { white-space: normal; }
.bar { width: 140px; min-width: 80px; vertical-align: middle; }
.bar i { display: block; height: 10px; border-radius: 2px; background: #4285f4; min-width: 1px; }
.named { display: inline-flex; align-items: baseline; }
.swatch { flex: none; width: 14px; height: 14px; border-radius: 3px; margin-right: 8px;
  position: relative; top: 2px; border: 1px solid var(--line); }
.faults { margin-bottom: 16px; } .kind { color: var(--bad); white-space: nowrap; }
code { overflow-wrap: anywhere; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(420px, 100%), 1fr)); gap: 12px; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; padding: 8px; display: grid;
  grid-template-columns: 1fr 1fr; gap: 4px; align-content: start; }
figure img { width: 100%; display: block; border-radius: 4px; image-rendering: auto; }
figcaption { grid-column: 1 / 3; font-size: 12px; overflow-wrap: anywhere; }
figcaption em { color: var(--bad); font-style: normal; }
@media (max-width: 480px) { main { padding: 16px; } td, th { padding: 3px 6px; } }
@media print { @page { margin: 12mm; } :root { color-scheme: light; } main { max-width: none; padding: 0; } h1 { margin-top: 0; }
  * { print-color-adjust: exact; } tr, figure { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; } }
`;
