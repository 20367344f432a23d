/**
 * ONNX Runtime's own packages collect telemetry, upload it, and write a file for it (without a home folder into the working
 * folder). Off, unless the user says otherwise. Set before the library is loaded, and in the main thread, because a worker has
 * only a copy of the environment.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
