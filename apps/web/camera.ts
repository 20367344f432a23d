import { HmsaError } from '../../dist/web/index.js';
import type { Activity } from './activity.js';
import { element } from './dom.js';
import type { Photo } from './photo.js';

/** The dialog that shows what the camera sees. The camera is off whenever it is closed. */
export class Camera {
  readonly #activity: Activity;
  readonly #onPhoto: (photo: Photo) => void;
  readonly #dialog = element<HTMLDialogElement>('camera-dialog');
  readonly #video = element<HTMLVideoElement>('video');

  constructor(activity: Activity, onPhoto: (photo: Photo) => void) {
    this.#activity = activity;
    this.#onPhoto = onPhoto;
    element('camera').addEventListener('click', () => void this.#open());
    element('take').addEventListener('click', () => void this.#take());
    element('close-camera').addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('close', () => {
      for (const track of (this.#video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
      this.#video.srcObject = null;
    });
  }

  async #open(): Promise<void> {
    try {
      this.#video.srcObject = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'environment' },
      });
      this.#dialog.showModal();
      await this.#video.play();
    } catch (error) {
      this.#dialog.close();
      const received =
        (error as Error).name === 'NotAllowedError' ? 'no permission for it' : 'none that works';
      const remedy = 'Open an image instead.';
      this.#activity.fail(new HmsaError({ operation: 'camera', expected: 'a camera', received, remedy }));
    }
  }

  async #take(): Promise<void> {
    // Before its first frame there is nothing to take.
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const bitmap = await createImageBitmap(this.#video);
    this.#dialog.close();
    const { width, height } = bitmap;
    this.#onPhoto({ bitmap, width, height, name: 'camera' });
  }
}
