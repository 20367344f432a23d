// Nothing is bundled: the page loads the module, which finds its worker and WebAssembly beside itself. Serve the folder that holds
// node_modules; for threads, with the headers of docs/browser.md.
import { loadModel } from '/node_modules/hmsa/dist/app/web/hmsa.mjs';

const status = document.querySelector('#status');
const canvas = document.querySelector('#canvas');

const model = await loadModel('/node_modules/hmsa/models/camvid-mobilenetv2-2scale.safetensors');
status.textContent = `Ready: ${model.device}, ${model.reason}`;

document.querySelector('#file').addEventListener('change', async ({ target }) => {
  try {
    const { labels, width, height } = await model.segment(target.files[0]);
    const picture = new ImageData(width, height);
    for (const [i, label] of labels.entries()) picture.data.set([...model.classes.colors[label], 255], 4 * i);
    Object.assign(canvas, { width, height });
    canvas.getContext('2d').putImageData(picture, 0, 0);
    status.textContent = `${width}×${height} pixels labelled`;
  } catch (error) {
    status.textContent = error.message;
  }
});
