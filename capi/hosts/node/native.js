'use strict';
// Loads the addon. Each package of a platform is named in full, since bundlers follow only that.

/** @returns {boolean} whether the C library of this system is musl */
function isMusl() {
  const before = process.report.excludeNetwork;
  process.report.excludeNetwork = true; // the addresses of connections would be looked up
  try {
    return process.report.getReport().header.glibcVersionRuntime === undefined;
  } finally {
    process.report.excludeNetwork = before;
  }
}

function load() {
  // A build of your own, and the tests of this package.
  if (process.env.WAYFARE_ADDON) return require(/* turbopackIgnore: true */ process.env.WAYFARE_ADDON);
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64') {
    throw new Error(`wayfare has no package for ${platform}: it runs on linux-x64`);
  }
  return isMusl() ? require('wayfare-linux-x64-musl') : require('wayfare-linux-x64-gnu');
}

try {
  module.exports = load();
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_DLOPEN_FAILED') throw error;
  throw new Error(
    `wayfare cannot load its addon: ${error.message.split('\n')[0]}. ` +
      'If the package of the platform is missing, install again without --omit=optional, and on ' +
      'the system that runs it. In Next.js, add serverExternalPackages: ["wayfare"] to the ' +
      'configuration.',
    { cause: error },
  );
}
