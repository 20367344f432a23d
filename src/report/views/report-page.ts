import { escapeHtml, htmlPage } from '../pages/index.js';
import { imagesSection, linksByClass, type ReportedImage } from './images-section.js';
import { details } from './parts.js';
import type { RunView } from './run-view.js';
import { scalesSection } from './scales-section.js';
import type { ReportedScores } from './scores.js';
import { calibrationSection, classSection, confusionSection } from './scores-section.js';
import { reportStyle } from './style.js';
import { trainingSection } from './training-section.js';

/** All that a report shows. What is missing is in `leftOut`, with the way to get it. */
export interface Report {
  /** The run, model or evaluation. */
  readonly title: string;
  readonly run?: RunView;
  readonly scores?: ReportedScores;
  readonly images: readonly ReportedImage[];
  /** Whether there would be more images. */
  readonly imagesAreCut: boolean;
  readonly provenance: readonly (readonly [name: string, value: string])[];
  /** The configuration of the training or of the model, as JSON. */
  readonly configuration?: unknown;
  readonly warnings: readonly string[];
  readonly leftOut: readonly { readonly section: string; readonly why: string }[];
}

/** A report as one HTML file, which needs neither scripts nor network. */
export function reportPage(report: Report): string {
  const { title, run, scores, images, leftOut, warnings, provenance, configuration } = report;
  const sections: [id: string, heading: string, content: string][] = [];
  if (run !== undefined) sections.push(['training', 'Training', trainingSection(run)]);
  if (scores !== undefined) {
    sections.push(['classes', 'Classes', classSection(scores, linksByClass(images))]);
    const { confusion, calibration, scaleFindings = [] } = scores;
    if (scaleFindings.length > 1)
      sections.push(['scales', 'Scales and attention', scalesSection(scores, scaleFindings)]);
    if (confusion !== undefined)
      sections.push(['confusion', 'Confusion matrix', confusionSection({ ...scores, confusion })]);
    if (calibration !== undefined)
      sections.push(['calibration', 'Calibration', calibrationSection({ calibration })]);
    if (images.length > 0)
      sections.push(['images', 'Images', imagesSection(images, scores, report.imagesAreCut)]);
  }
  const facts = provenance.map(
    ([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`,
  );
  sections.push([
    'provenance',
    'Provenance',
    `<dl>${facts.join('\n')}</dl>${configuration === undefined ? '' : details('Configuration', `<pre>${indented(configuration)}</pre>`)}`,
  ]);
  const missing = leftOut.map(
    ({ section, why }) => `<li><b>${escapeHtml(section)}</b>: ${escapeHtml(why)}</li>`,
  );
  return htmlPage(
    title,
    reportStyle,
    `<nav aria-label="sections">${sections.map(([id, heading]) => `<a href="#${id}">${heading}</a>`).join('')}</nav>
${warnings.map((warning) => `<p class="note">${escapeHtml(warning)}</p>`).join('\n')}
${missing.length === 0 ? '' : `<div class="card">Left out of this report:<ul>${missing.join('\n')}</ul></div>`}
${sections.map(([id, heading, content]) => `<section id="${id}"><h2>${heading}</h2>\n${content}</section>`).join('\n')}`,
  );
}

/** JSON line by line, because a line break inside a text is escaped. */
function indented(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(escapeHtml).join('\n');
}
