export { SETTINGS, type Settings } from './settings.js';
