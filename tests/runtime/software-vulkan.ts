import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser'];
const folder = folders.find((name) => existsSync(join(name, 'vk_swiftshader_icd.json')));

/**
 * The environment in which a child process finds SwiftShader, the software Vulkan driver of Debian's Chromium,
 * so that the webgpu device works without a GPU; nothing where Chromium is missing. It must be there when the
 * process starts: the dynamic linker and Vulkan's loader read it once.
 */
export const softwareVulkan: NodeJS.ProcessEnv | undefined =
  folder === undefined
    ? undefined
    : {
        ...process.env,
        LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
        VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
      };

/** What to say where {@link softwareVulkan} is missing. */
export const NO_SOFTWARE_VULKAN =
  "skipped: WebGPU in software needs Debian's chromium package (apt install chromium)";
