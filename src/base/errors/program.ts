/** How messages write the program in a command that can be copied: `hmsa` alone is on nobody's path but after `npm i -g`. */
export const program = 'npx hmsa';
