// SPDX-License-Identifier: MIT
/* The smallest image: what is measured is how it got to run. */
int main(void)
{
	return 0;
}
