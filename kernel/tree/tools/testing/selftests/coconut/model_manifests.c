// SPDX-License-Identifier: GPL-2.0
/*
 * model_manifests: the manifests of the model's agents, made up
 *
 * usage: model_manifests DIR
 * Writes DIR/model-N.yaml for each; the image is made with them, since only
 * what is signed can be spawned.
 */

#include <err.h>

#include "model_caps.h"

int main(int argc, char **argv)
{
	char path[256];
	uint32_t i, cap;

	if (argc != 2)
		errx(2, "usage: model_manifests DIR");
	for (i = 0; i < MODEL_MANIFESTS; i++) {
		struct model_bundle bundle;
		FILE *to;

		snprintf(path, sizeof(path), "%s/model-%u.yaml", argv[1], i);
		to = fopen(path, "w");
		if (!to)
			err(1, "%s", path);
		fprintf(to, "name: model-%u\nimage: " MODEL_IMAGE
			"\naudit: uses\ncapabilities:\n", i);
		model_manifest(i, &bundle);
		for (cap = 0; cap < bundle.nr_caps; cap++) {
			fprintf(to, "  - ");
			model_print(to, &bundle.caps[cap]);
			fprintf(to, "\n");
		}
		if (fclose(to))
			err(1, "%s", path);
	}
	return 0;
}
