import type { Rgb } from '../../data/index.js';
import { escapeHtml, htmlPage, swatched } from '../pages/index.js';
import { scaleBar } from './images-section.js';
import type { RunView } from './run-view.js';
import { reportStyle } from './style.js';
import { trainingSection } from './training-section.js';

/** The pictures of the last validation, by their address. */
export interface LivePictures {
  readonly epoch: number;
  readonly step: number;
  readonly classes: { readonly names: readonly string[]; readonly colors: readonly Rgb[] };
  readonly images: readonly {
    readonly id: string;
    readonly pictures: readonly { readonly title: string; readonly address: string }[];
  }[];
}

/**
 * The page of a run that goes on. Its script asks for the content again whenever the server says that the run has changed.
 *
 * @param name the folder of the run
 * @param content see {@link liveContent}
 * @param script the address of {@link liveScript}
 */
export function livePage(name: string, content: string, script: string): string {
  return htmlPage(
    name,
    reportStyle,
    `<p class="quiet" id="state" role="status">connecting</p>
<div id="live">${content}</div>
<script src="${escapeHtml(script)}"></script>`,
  );
}

/** Keeps the page up to date. It is served as a file, so that no other script may run. */
export const liveScript = `const live = document.getElementById('live');
const state = document.getElementById('state');
const say = (text) => { state.textContent = text; };
async function load() {
  const answer = await fetch('content');
  if (!answer.ok) return say('the run cannot be read');
  live.innerHTML = await answer.text();
  say('as of ' + new Date().toLocaleTimeString());
}
const events = new EventSource('events');
events.onmessage = () => load().catch(() => say('no connection'));
events.onerror = () => say('no connection: the training has ended, or this page is no longer served');
`;

/** What of a page changes while the run goes on. */
export function liveContent(run: RunView | undefined, pictures: LivePictures | undefined): string {
  if (run === undefined) return '<p>The run has not begun yet.</p>';
  return `${trainingSection(run)}
<h2>Validation pictures</h2>
${pictures === undefined ? noPictures(run) : pictureSection(pictures)}`;
}

function noPictures({ finished }: RunView): string {
  return finished
    ? '<p>None were kept. <code>hmsa report</code> shows the worst and the median images of a finished run.</p>'
    : '<p>None yet. <code>hmsa train --watch</code> keeps those of the last validation.</p>';
}

function pictureSection({ epoch, step, classes, images }: LivePictures): string {
  const names = classes.names.map(
    (name, id) => `<li>${swatched(name, classes.colors[id] ?? [128, 128, 128])}</li>`,
  );
  const hasAttention = images.some(({ pictures }) =>
    pictures.some(({ title }) => title.startsWith('attention')),
  );
  const shown = images.map(({ id, pictures }) => {
    const figures = pictures.map(
      ({ title, address }) =>
        `<figure><img alt="${escapeHtml(`${id}: ${title}`)}" src="${escapeHtml(address)}"><figcaption>${escapeHtml(title)}</figcaption></figure>`,
    );
    return `<section class="shown"><h3>${escapeHtml(id)}</h3><div class="pictures">${figures.join('')}</div></section>`;
  });
  return `<p class="quiet">After epoch ${epoch + 1}, step ${step}.</p>
<ul class="keys" aria-label="colours of the classes">${names.join('')}</ul>
${hasAttention ? scaleBar() : ''}
${shown.join('\n')}`;
}
