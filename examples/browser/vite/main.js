// Vite copies the worker and the WebAssembly of hmsa/web into its output (vite.config.js). The address of the model is one that
// the site serves, here from public/.
import { loadModel } from 'hmsa/web';

const status = document.querySelector('#status');
const canvas = document.querySelector('#canvas');

const model = await loadModel(`${import.meta.env.BASE_URL}model.safetensors`);
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
